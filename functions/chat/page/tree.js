// A conversation is a tree of messages, each knowing the one that it follows; pure.

/** Returns the messages from the beginning to `tip`. */
export function pathTo(messages, tip) {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const path = [];
  for (let message = byId.get(tip); message; message = byId.get(message.parent_id)) path.unshift(message);
  return path;
}

/** Returns the messages that stand in the same place, this one included, oldest first. */
export function siblings(messages, message) {
  return messages.filter((other) => other.parent_id === message.parent_id && other.role === message.role);
}

/** Returns the newest message that follows from `message`, or itself. */
export function newestLeaf(messages, message) {
  const next = messages.filter((other) => other.parent_id === message.id).at(-1);
  return next ? newestLeaf(messages, next) : message;
}
