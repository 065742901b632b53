// Branches of a conversation.

import assert from "node:assert/strict";
import { test } from "node:test";

import { newestLeaf, pathTo, siblings } from "../../../functions/chat/page/tree.js";

const message = (id, parent_id, role) => ({ id, parent_id, role });
const [q1, a1, a2, q2, b1, q3] = [
  message("q1", null, "user"),
  message("a1", "q1", "assistant"),
  message("a2", "q1", "assistant"),
  message("q2", "a1", "user"),
  message("b1", "q2", "assistant"),
  message("q3", null, "user"),
];
const TREE = [q1, a1, a2, q2, b1, q3];

test("the path goes from the beginning to the tip", () => {
  assert.deepEqual(pathTo(TREE, "b1"), [q1, a1, q2, b1]);
  assert.deepEqual(pathTo(TREE, "a2"), [q1, a2]);
  assert.deepEqual(pathTo(TREE, null), []);
});

test("siblings stand in the same place", () => {
  assert.deepEqual(siblings(TREE, a2), [a1, a2]);
  assert.deepEqual(siblings(TREE, q3), [q1, q3]);
  assert.deepEqual(siblings(TREE, b1), [b1]);
});

test("a branch is read at its newest end", () => {
  assert.equal(newestLeaf(TREE, a1), b1);
  assert.equal(newestLeaf(TREE, q1), a2);
  assert.equal(newestLeaf(TREE, q3), q3);
});
