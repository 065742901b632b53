// What an answer's events add up to; pure.

const WAITING = {
  database_waking: "The database is waking up. This takes up to half a minute; your question waits for it.",
  retrying: "The model did not answer; trying again.",
  fallback: "The model did not answer; asking another one",
  budget_reached: "Your budget ended the answer here. Usage shows when there is more.",
  reconnecting: "The connection was lost; picking the answer up again.",
};

export function begin() {
  return { id: null, questionId: null, conversationId: null, text: "", sources: [], status: null, error: null, done: null };
}

/** Returns the answer after one more event. An event of a kind that is unknown changes nothing. */
export function after(answer, event) {
  switch (event.type) {
    case "start":
      return { ...answer, id: event.message_id, questionId: event.question_id, conversationId: event.conversation_id };
    case "status":
      return { ...answer, status: inWords(event) ?? answer.status };
    case "sources":
      return { ...answer, sources: event.sources, status: null };
    case "text":
      return { ...answer, text: answer.text + event.text, status: null };
    case "error":
      return { ...answer, error: event, status: null };
    case "done":
      return { ...answer, done: event, status: event.finish_reason === "budget" ? WAITING.budget_reached : answer.status };
    default:
      return answer;
  }
}

/** Null for a state that has nothing to say to whoever waits. */
function inWords(event) {
  const words = WAITING[event.state] ?? null;
  return event.state === "fallback" && event.model ? `${words}: ${event.model}.` : words;
}

/** Returns the part of a conversation's answer that the page shows as it does a streamed one. */
export function ofMessage(message) {
  const done = message.finish_reason ? { finish_reason: message.finish_reason, model: message.model } : null;
  return { ...begin(), id: message.id, text: message.content, sources: message.sources, done };
}
