/** Puts the application together: look, language, cache, places. */

import { Alert, App as Messages, Button, ConfigProvider } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";
import { Component, lazy, type ReactNode, Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { BrowserRouter, Link, Route, Routes, useLocation } from "react-router";

import { isProblem } from "../api/http";
import { useLang } from "../i18n";
import { CataloguePage } from "../pages/catalogue";
import { labRoutes } from "../pages/manage/routes";
import { Blank, Loading } from "../parts/states";
import { theme } from "../theme";
import { usePerson } from "./access";
import { Header } from "./header";
import { findNonce } from "./nonce";
import { SignInPage, SignInProvider } from "./sign-in";

const InstrumentPage = lazy(() => import("../pages/instrument/page").then((m) => ({ default: m.InstrumentPage })));
const MyPage = lazy(() => import("../pages/my/page").then((m) => ({ default: m.MyPage })));
const ChargePage = lazy(() => import("../pages/charge").then((m) => ({ default: m.ChargePage })));
const DevicesPage = lazy(() => import("../pages/devices/page").then((m) => ({ default: m.DevicesPage })));
const DevicePage = lazy(() => import("../pages/device/page").then((m) => ({ default: m.DevicePage })));
const LabPage = lazy(() => import("../pages/lab").then((m) => ({ default: m.LabPage })));
const AccountPage = lazy(() => import("../pages/account/page").then((m) => ({ default: m.AccountPage })));
const AlarmsPage = lazy(() => import("../pages/alarms").then((m) => ({ default: m.AlarmsPage })));
const QuarantinePage = lazy(() => import("../pages/quarantine").then((m) => ({ default: m.QuarantinePage })));
const AuditPage = lazy(() => import("../pages/audit").then((m) => ({ default: m.AuditPage })));
const ReviewsPage = lazy(() => import("../pages/reviews/queue").then((m) => ({ default: m.ReviewsPage })));
const ReviewPage = lazy(() => import("../pages/reviews/review").then((m) => ({ default: m.ReviewPage })));
const RegisterPage = lazy(() => import("../pages/people/register").then((m) => ({ default: m.RegisterPage })));
const RecoverPage = lazy(() => import("../pages/people/recover").then((m) => ({ default: m.RecoverPage })));
const RegistrationsPage = lazy(() => import("../pages/people/registrations").then((m) => ({ default: m.RegistrationsPage })));
const InstitutionPage = lazy(() => import("../pages/institution/page").then((m) => ({ default: m.InstitutionPage })));
const InstitutionsPage = lazy(() => import("../pages/platform/page").then((m) => ({ default: m.InstitutionsPage })));
const EnterprisePage = lazy(() => import("../pages/enterprise/page").then((m) => ({ default: m.EnterprisePage })));
const NoticesPage = lazy(() => import("../pages/notices").then((m) => ({ default: m.NoticesPage })));
const WaitlistPage = lazy(() => import("../pages/my/waitlist").then((m) => ({ default: m.WaitlistPage })));
const BasketPage = lazy(() => import("../pages/my/basket").then((m) => ({ default: m.BasketPage })));
const PenaltiesPage = lazy(() => import("../pages/penalties").then((m) => ({ default: m.PenaltiesPage })));
const FeedsPage = lazy(() => import("../pages/my/feeds").then((m) => ({ default: m.FeedsPage })));
const KioskPage = lazy(() => import("../pages/kiosk/page").then((m) => ({ default: m.KioskPage })));
const LabelPage = lazy(() => import("../pages/label").then((m) => ({ default: m.LabelPage })));
const ReservationPage = lazy(() => import("../pages/reservation/page").then((m) => ({ default: m.ReservationPage })));
const ReturnPage = lazy(() => import("../pages/provider/return").then((m) => ({ default: m.ReturnPage })));
const SignedOutPage = lazy(() => import("../pages/provider/signed-out").then((m) => ({ default: m.SignedOutPage })));
const WorkdaysPage = lazy(() => import("../pages/workdays/page").then((m) => ({ default: m.WorkdaysPage })));
const PrivacyPage = lazy(() => import("../pages/privacy/page").then((m) => ({ default: m.PrivacyPage })));
const StationPage = lazy(() => import("../pages/station/page").then((m) => ({ default: m.StationPage })));
const DuePage = lazy(() => import("../pages/due").then((m) => ({ default: m.DuePage })));

const cache = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // A refusal stays one; only a server in trouble or a lost network is worth asking again.
      retry: (failures, error) => failures < 2 && !(isProblem(error) && error.status >= 400 && error.status < 500),
    },
  },
});

class Safety extends Component<{ children: ReactNode; fallback: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    return this.state.broken ? this.props.fallback : this.props.children;
  }
}

function Broken() {
  const { t } = useTranslation();
  return (
    <Blank kind="error" title={t("error.crashed")} lead={t("error.crashedLead")}
      action={<Button onClick={() => window.location.reload()}>{t("error.reload")}</Button>} />
  );
}

function NotFound() {
  const { t } = useTranslation();
  return <Blank title={t("error.notFound")} lead={t("error.notFoundLead")} action={<Button href="/">{t("error.home")}</Button>} />;
}

/** Who has a password or a second factor to set first is told so wherever they go. */
function MustSet() {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const person = usePerson();
  if (pathname === "/account" || !(person.data?.must_set_second_factor || person.data?.must_change_password)) return null;
  return <Alert type="warning" showIcon style={{ marginBottom: 16 }} title={t(person.data.must_change_password ? "recover.mustChange" : "account.mustSet")} action={<Link to="/account">{t("account.goSet")}</Link>} />;
}

function Main() {
  const { pathname } = useLocation();
  useEffect(() => {
    window.scrollTo(0, 0); // in braces: newer browsers answer with a promise, which is no way to clean up
  }, [pathname]);
  return (
    <main className="page" id="main" tabIndex={-1} style={{ outline: "none" }}>
      <MustSet />
      <Safety key={pathname} fallback={<Broken />}>
        <Suspense fallback={<div className="panel"><Loading rows={8} /></div>}>
          <Routes>
            <Route path="/" element={<CataloguePage />} />
            <Route path="/instruments/:id" element={<InstrumentPage />} />
            <Route path="/sign-in" element={<SignInPage />} />
            <Route path="/sign-in/return" element={<ReturnPage />} />
            <Route path="/recover" element={<RecoverPage />} />
            <Route path="/signed-out" element={<SignedOutPage />} />
            <Route path="/my" element={<MyPage />} />
            <Route path="/charges/:id" element={<ChargePage />} />
            <Route path="/devices" element={<DevicesPage />} />
            <Route path="/devices/:name" element={<DevicePage />} />
            <Route path="/lab" element={<LabPage />} />
            {labRoutes}
            <Route path="/account" element={<AccountPage />} />
            <Route path="/alarms" element={<AlarmsPage />} />
            <Route path="/quarantine" element={<QuarantinePage />} />
            <Route path="/audit" element={<AuditPage />} />
            <Route path="/reviews" element={<ReviewsPage />} />
            <Route path="/reviews/:id" element={<ReviewPage />} />
            <Route path="/register" element={<RegisterPage />} />
            <Route path="/registrations" element={<RegistrationsPage />} />
            <Route path="/institution" element={<InstitutionPage />} />
            <Route path="/institutions" element={<InstitutionsPage />} />
            <Route path="/enterprise" element={<EnterprisePage />} />
            <Route path="/my/waitlist" element={<WaitlistPage />} />
            <Route path="/my/basket" element={<BasketPage />} />
            <Route path="/my/penalties" element={<PenaltiesPage />} />
            <Route path="/lab/penalties" element={<PenaltiesPage decides />} />
            <Route path="/my/feeds" element={<FeedsPage />} />
            <Route path="/notices" element={<NoticesPage />} />
            <Route path="/kiosk/:code" element={<KioskPage />} />
            <Route path="/i/:code" element={<LabelPage />} />
            <Route path="/reservations/:id" element={<ReservationPage />} />
            <Route path="/due" element={<DuePage />} />
            <Route path="/work-calendar" element={<WorkdaysPage />} />
            <Route path="/privacy" element={<PrivacyPage />} />
            <Route path="/station" element={<StationPage />} />
            <Route path="*" element={<NotFound />} />
          </Routes>
        </Suspense>
      </Safety>
    </main>
  );
}

export function Application() {
  const lang = useLang();
  const mark = findNonce();
  dayjs.locale(lang === "zh" ? "zh-cn" : "en");
  return (
    <ConfigProvider theme={theme} locale={lang === "zh" ? zhCN : enUS} button={{ autoInsertSpace: false }}
      {...(mark ? { csp: { nonce: mark } } : {})}>
      <Messages>
        <QueryClientProvider client={cache}>
          <BrowserRouter>
            <SignInProvider>
              <Header />
              <Main />
            </SignInProvider>
          </BrowserRouter>
        </QueryClientProvider>
      </Messages>
    </ConfigProvider>
  );
}
