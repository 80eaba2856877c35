/** What triggers of drawn attacks look like: where they stand, and their colours. Their order is part of what a number draws. */
export const corners = ["top-left", "top-right", "bottom-left", "bottom-right"];
export const colours = [
  [1, 0, 1],
  [1, 1, 0],
  [0, 1, 1],
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [1, 1, 1],
];
