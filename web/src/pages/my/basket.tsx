/** Several instruments in one act: all of them, or none. */

import { Alert, Button, Form } from "antd";
import { useMutation, useQueries, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";

import { quote } from "../../api/calls";
import { isProblem, newKey } from "../../api/http";
import { reserveTogether } from "../../api/lease";
import { pick, useLang } from "../../i18n";
import { emptyBasket, takeFromBasket, useBasket } from "../../lib/basket";
import { formatFen } from "../../lib/money";
import { formatSpan } from "../../lib/time";
import { LAB_ZONE, PageHead, ZoneNote } from "../../parts/page";
import { Blank, useProblemText } from "../../parts/states";
import { ForWhom } from "../instrument/ask";
import { MyTabs } from "./tabs";

export function BasketPage() {
  const { t } = useTranslation();
  const lang = useLang();
  const go = useNavigate();
  const cache = useQueryClient();
  const textOf = useProblemText();
  const basket = useBasket();
  const [holder, setHolder] = useState<string | null>(null);
  const key = useRef({ of: "", key: "" });
  const quotes = useQueries({ queries: basket.map((one) => quote(one.wish.instrument_id, one.wish.starts_at, one.wish.ends_at)) });
  const reserving = useMutation({
    mutationFn: () => {
      const of = JSON.stringify([basket, holder]);
      if (key.current.of !== of) key.current = { of, key: newKey() };
      return reserveTogether(basket.map((one) => one.wish), holder, key.current.key);
    },
    onSuccess: ({ items }) => {
      emptyBasket();
      const [first] = items;
      void go(first ? `/reservations/${first.id}` : "/my");
    },
    onSettled: () => Promise.all(["calendar", "reservations"].map((name) => cache.invalidateQueries({ queryKey: [name] }))),
  });
  const refusal = isProblem(reserving.error) ? reserving.error : null;
  const total = quotes.reduce((sum, one) => sum + (one.data?.amount_fen ?? 0), 0);
  return (
    <>
      <PageHead title={t("basket.title")} lead={t("basket.lead")} />
      <MyTabs />
      {basket.length === 0 ? (
        <div className="panel"><Blank title={t("basket.empty")} lead={t("basket.emptyLead")} action={<Link to="/"><Button type="primary" tabIndex={-1}>{t("my.browse")}</Button></Link>} /></div>
      ) : (
        <div className="stack">
          <section className="panel" aria-label={t("basket.title")}>
            <ul className="panel-body told-list" data-basket-items>
              {basket.map((one, index) => {
                const quoted = quotes[index]?.data;
                const problems = quoted?.problems ?? [];
                return (
                  <li key={one.wish.instrument_id} className="told">
                    <div className="spread" style={{ alignItems: "flex-start" }}>
                      <div>
                        <Link to={`/instruments/${one.wish.instrument_id}`}>{pick(lang, one, "name")}</Link> <span className="mono faint">{one.code}</span>
                        <div className="num">{formatSpan(Date.parse(one.wish.starts_at), Date.parse(one.wish.ends_at), one.time_zone, lang)}</div>
                        {problems.map((problem) => <p key={problem.code} style={{ color: "var(--fault)" }}>{pick(lang, problem, "detail")}</p>)}
                      </div>
                      <div className="row tight" style={{ flex: "none" }}>
                        <b className="num">{quoted?.amount_fen == null ? "—" : formatFen(quoted.amount_fen, quoted.currency)}</b>
                        <Button size="small" onClick={() => { reserving.reset(); takeFromBasket(one.wish.instrument_id); }}>{t("basket.remove")}</Button>
                      </div>
                    </div>
                  </li>
                );
              })}
              <li className="told spread"><span>{t("common.total")}</span><b className="num" data-total>{formatFen(total)}</b></li>
            </ul>
          </section>
          <Form layout="vertical" style={{ maxWidth: 360 }}><ForWhom value={holder} set={setHolder} /></Form>
          {refusal && (
            <Alert type="error" showIcon role="alert" title={textOf(refusal)} data-refusal={refusal.code}
              description={
                <>
                  <p>{t("basket.none")}</p>
                  <ul style={{ listStyle: "disc", paddingLeft: 18 }}>{refusal.problems.map((one, index) => <li key={index}>{pick(lang, one, "detail")}</li>)}</ul>
                </>
              } />
          )}
          <div className="row">
            <Button type="primary" size="large" loading={reserving.isPending} onClick={() => reserving.mutate()} data-together>{t("basket.reserve", { count: basket.length })}</Button>
            <Button onClick={() => { reserving.reset(); emptyBasket(); }}>{t("basket.clear")}</Button>
          </div>
          <ZoneNote zone={basket[0]?.time_zone ?? LAB_ZONE} />
        </div>
      )}
    </>
  );
}
