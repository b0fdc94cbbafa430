/** The addresses of the lab's own pages; each is loaded when it is first opened. */

import { lazy } from "react";
import { Route } from "react-router";

const StatisticsPage = lazy(() => import("./statistics/page").then((m) => ({ default: m.StatisticsPage })));

export const labRoutes = (
  <>
    <Route path="/lab/statistics" element={<StatisticsPage />} />
  </>
);
