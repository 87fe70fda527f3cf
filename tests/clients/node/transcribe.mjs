// Transcribes a file with Vercel's AI SDK as a program would that uses OpenAI, and prints the result as JSON, or the
// problem.

import fs from "node:fs";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, experimental_transcribe as transcribe } from "ai";

const [baseURL, apiKey, file] = process.argv.slice(2);
const openai = createOpenAI({ baseURL, apiKey });
try {
  const { text, segments, language, durationInSeconds } = await transcribe({
    model: openai.transcription("whisper-1"),
    audio: fs.readFileSync(file),
    providerOptions: { openai: { language: "en", timestampGranularities: ["word", "segment"] } },
    maxRetries: 0,
  });
  console.log(JSON.stringify({ text, segments, language, durationInSeconds }));
} catch (error) {
  if (!APICallError.isInstance(error)) throw error;
  console.log(JSON.stringify({ status: error.statusCode, message: error.message, mayRetry: error.isRetryable }));
}
