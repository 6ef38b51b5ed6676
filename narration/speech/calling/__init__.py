"""What adapters share: how a service is asked, and how what it says is read."""
