/** The addresses of the lab's own pages; each is loaded when it is first opened. */

import { lazy } from "react";
import { Route } from "react-router";

const LabCalendarPage = lazy(() => import("./calendar/page").then((m) => ({ default: m.LabCalendarPage })));
const StatisticsPage = lazy(() => import("./statistics/page").then((m) => ({ default: m.StatisticsPage })));

export const labRoutes = (
  <>
    <Route path="/lab/calendar" element={<LabCalendarPage />} />
    <Route path="/lab/statistics" element={<StatisticsPage />} />
  </>
);
