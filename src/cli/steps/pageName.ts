/** The page of a run, in its folder. */
export const PAGE = "report.html";
