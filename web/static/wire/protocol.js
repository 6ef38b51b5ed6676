// @ts-check
// What travels between this page and the server, as types (docs/protocol.md).

/**
 * @typedef {object} Story
 * @property {number} id
 * @property {string} title
 * @property {string} premise
 * @property {string} language
 * @property {string} created_at
 * @property {string} updated_at
 */

/** @typedef {"writing" | "complete" | "stopped" | "partial" | "interrupted"} SceneState */

/**
 * @typedef {object} Scene
 * @property {number} id
 * @property {number} story_id
 * @property {number} number Counts from 1 within the story.
 * @property {string} prompt
 * @property {string} text
 * @property {SceneState} state
 * @property {string} created_at
 * @property {string} updated_at
 */

/**
 * A scene that was written to its end, and whether it is to be heard now.
 *
 * @typedef {Scene & {narration: {session_id: string} | null}} WrittenScene
 */

/**
 * A word as a voice spoke it, in ms from the start of its sentence's sound.  Times are approximate, and words need not
 * be those of the text.
 *
 * @typedef {{text: string, start_ms: number, end_ms: number}} Word
 */

/**
 * A sentence of a finished scene.  `start` and `end` count Unicode code points.
 *
 * @typedef {object} SentenceAudio
 * @property {number} number
 * @property {string} text
 * @property {number} start
 * @property {number} end
 * @property {number} start_ms
 * @property {number} duration_ms
 * @property {string | null} skipped Why it has no sound, if it has none.
 * @property {string | null} url Null where there is no sound.
 * @property {Word[]} [words] Those that the voice told.
 */

/**
 * @typedef {object} SceneAudio
 * @property {number} scene_id
 * @property {number} duration_ms
 * @property {SentenceAudio[]} sentences
 */

/** @typedef {"none" | "speaking" | "complete" | "stopped" | "interrupted" | "failed" | "outdated"} NarrationState */

/**
 * What has become of a scene's audio, or is becoming.
 *
 * @typedef {object} Narration
 * @property {number} scene_id
 * @property {NarrationState} state
 * @property {"live" | "demand" | "auto_play" | null} occasion
 * @property {number} sentences_done
 * @property {number | null} total_sentences
 * @property {number} holes
 * @property {string | null} message Why it failed.
 * @property {boolean} up_to_date Whether it is spoken as the settings say now.
 * @property {string | null} session_id The session that is at work on it.
 */

/**
 * A story as one file, as it is or would be.
 *
 * @typedef {object} Audiobook
 * @property {"none" | "making" | "ready" | "outdated" | "failed"} state
 * @property {number} done_ms
 * @property {number} total_ms
 * @property {number} done_scenes
 * @property {number} total_scenes
 * @property {{number: number}[]} scenes
 * @property {{number: number}[]} missing Scenes that have no audio, and are left out.
 * @property {string | null} message Why it failed.
 * @property {string | null} url Null if it is not there.
 */

/**
 * @typedef {object} Session
 * @property {string} session_id
 * @property {string} websocket_url
 * @property {number} scene_id
 */

/**
 * A session that runs, or has just ended.
 *
 * @typedef {object} SessionStatus
 * @property {string} session_id
 * @property {string} websocket_url
 * @property {number} story_id
 * @property {number} scene_id
 * @property {"writing" | "speaking" | "saving" | "telling" | "ended"} state
 * @property {"awaited" | "connected" | "away" | "gone"} listener
 * @property {boolean} background Whether it speaks a scene that was written before, be it heard or not.
 * @property {{paused: boolean, playhead: {sentence_number: number, position_ms: number} | null}} listening
 */

/**
 * The reader's choices.  The page shows some of them, and hands the others back as they came.
 *
 * @typedef {object} TTSSettings
 * @property {boolean} tts_enabled
 * @property {boolean} auto_play_last_scene
 * @property {boolean} realtime_tts_enabled
 * @property {number} min_sentence_length
 * @property {string} provider A service of the operator's; empty for whichever they prefer.
 * @property {string} provider_type With a server of the reader's own its kind, and else empty.
 * @property {string} api_url
 * @property {string} [api_key] Only ever sent: left out, the one that is saved stays; empty, it goes.
 * @property {boolean} [api_key_set] Told by the server, which gives nobody the key itself.
 * @property {boolean} [provider_available] Told by the server: whether the service is offered (still).
 * @property {number} timeout_seconds
 * @property {Record<string, unknown>} extra_params
 * @property {string} default_voice Empty for the service's own choice.
 * @property {number} speech_speed
 */

/**
 * What a service can do.
 *
 * @typedef {object} ServiceInfo
 * @property {string} name
 * @property {string} type
 * @property {string} label Its type's name for a person.
 * @property {[number, number]} speeds
 * @property {string[]} params What it can be told besides.
 */

/** @typedef {{type: string, label: string, speeds: [number, number], params: string[]}} OwnType */

/**
 * Who may speak, and the voices of one of them.
 *
 * @typedef {object} Offer
 * @property {string} provider Whose voices these are.
 * @property {boolean} own Whether that is the reader's own server.
 * @property {string} default_voice
 * @property {{id: string, name: string}[]} voices
 * @property {{message: string} | null} error Why there are none.
 * @property {ServiceInfo[]} providers
 * @property {"no" | "public" | "any"} own_servers
 * @property {OwnType[]} types Kinds of servers that one may have of one's own.
 */

/**
 * A sentence as a voice speaks it.
 *
 * @typedef {object} Preview
 * @property {string} audio In base64.
 * @property {number} duration_ms
 * @property {number} first_audio_ms
 */

/**
 * What is new of the scene: its text from the character `text_start` on, its sound from `first_sentence` on.
 *
 * @typedef {object} Connected
 * @property {"connected"} type
 * @property {number} seq
 * @property {string} session_id
 * @property {number} scene_id
 * @property {number} text_start
 * @property {number} first_sentence
 */

/** @typedef {{type: "generation_started", seq: number, message: string}} GenerationStarted */
/** @typedef {{type: "text_chunk", seq: number, text: string}} TextChunk */

/**
 * A piece of a sentence's sound.  The last of a sentence has `final`, and may be empty.
 *
 * @typedef {object} AudioChunk
 * @property {"audio_chunk"} type
 * @property {number} seq
 * @property {number} sentence_number
 * @property {string} sentence_text
 * @property {number} chunk_number
 * @property {boolean} final
 * @property {number} start
 * @property {number} end
 * @property {number} start_ms
 * @property {number} duration_ms
 * @property {Word[]} [words] Those that became known with it, where the voice tells them.
 */

/**
 * @typedef {object} SentenceSkipped
 * @property {"sentence_skipped"} type
 * @property {number} seq
 * @property {number} sentence_number
 * @property {string} sentence_text
 * @property {number} start
 * @property {number} end
 * @property {string} reason
 */

/** @typedef {{type: "paused", seq: number}} Paused */
/** @typedef {{type: "resumed", seq: number}} Resumed */

/**
 * What is to be heard next: sound of the sentences before it is to be dropped; with `again`, all that came
 * before this is.
 *
 * @typedef {{type: "skipped", seq: number, sentence_number: number, again: boolean}} Skipped
 */

/** @typedef {{type: "generation_complete", seq: number, scene_id: number}} GenerationComplete */
/** @typedef {{type: "generation_stopped", seq: number, scene_id: number}} GenerationStopped */

/**
 * With `scene_id`, the scene ends here.
 *
 * @typedef {object} ServerError
 * @property {"error"} type
 * @property {number} seq
 * @property {string} code
 * @property {string} message
 * @property {boolean} retryable
 * @property {number} [scene_id]
 */

/** @typedef {{type: "pong", seq: number}} Pong */

/**
 * @typedef {Connected | GenerationStarted | TextChunk | AudioChunk | SentenceSkipped
 *   | Paused | Resumed | Skipped | GenerationComplete | GenerationStopped | ServerError | Pong} ServerMessage
 */

/**
 * @typedef {{type: "stop"} | {type: "pause"} | {type: "resume"} | {type: "ping"}
 *   | {type: "skip", sentence_number: number}
 *   | {type: "playback", sentence_number: number, position_ms: number}} ClientMessage
 */

/**
 * @typedef {object} NoticeHead
 * @property {number} seq Grows.
 * @property {number} story_id
 * @property {number} scene_id
 */

/**
 * So many sentences are ready.  With the first of these the scene can be heard.
 *
 * @typedef {NoticeHead & {type: "tts_progress", session_id: string, sentences_done: number,
 *   total_sentences: number | null}} Progress
 */

/** @typedef {NoticeHead & {type: "tts_ready"}} Ready All of the scene's audio is stored. */
/** @typedef {NoticeHead & {type: "tts_failed", message: string, retryable: boolean}} Failed */
/** @typedef {NoticeHead & {type: "tts_stopped"}} Stopped It was called off. */

/**
 * What the server tells the reader, wherever they are, of scenes that are narrated in the background.
 *
 * @typedef {Progress | Ready | Failed | Stopped} Notice
 */

/** Why a sentence has no sound that the reader did not want to hear. */
export const SKIPPED = "skipped by the listener";
