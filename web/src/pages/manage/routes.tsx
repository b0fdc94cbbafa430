/** The addresses of the lab's own pages; each is loaded when it is first opened. */

import { lazy } from "react";
import { Route } from "react-router";

const LabCalendarPage = lazy(() => import("./calendar/page").then((m) => ({ default: m.LabCalendarPage })));
const StatisticsPage = lazy(() => import("./statistics/page").then((m) => ({ default: m.StatisticsPage })));
const UsageDeskPage = lazy(() => import("./usage/page").then((m) => ({ default: m.UsageDeskPage })));
const ArrearsPage = lazy(() => import("./arrears/page").then((m) => ({ default: m.ArrearsPage })));
const TrustedPage = lazy(() => import("./people/page").then((m) => ({ default: m.TrustedPage })));
const TariffsPage = lazy(() => import("./tariffs/page").then((m) => ({ default: m.TariffsPage })));
const RulesPage = lazy(() => import("./rules/page").then((m) => ({ default: m.RulesPage })));
const InstrumentsPage = lazy(() => import("./instruments/page").then((m) => ({ default: m.InstrumentsPage })));
const CardPage = lazy(() => import("./instruments/card").then((m) => ({ default: m.CardPage })));

export const labRoutes = (
  <>
    <Route path="/lab/calendar" element={<LabCalendarPage />} />
    <Route path="/lab/usage" element={<UsageDeskPage />} />
    <Route path="/lab/arrears" element={<ArrearsPage />} />
    <Route path="/lab/people" element={<TrustedPage />} />
    <Route path="/lab/tariffs" element={<TariffsPage />} />
    <Route path="/lab/rules" element={<RulesPage />} />
    <Route path="/lab/instruments" element={<InstrumentsPage />} />
    <Route path="/lab/instruments/:id" element={<CardPage />} />
    <Route path="/lab/statistics" element={<StatisticsPage />} />
  </>
);
