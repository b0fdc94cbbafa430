/** What another time would cost beside the present one, and what speaks against it, before it is given. */

import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { post } from "../../api/http";
import type { ChangeQuote } from "../../api/lease";
import type { Reservation } from "../../api/types";
import { useLang } from "../../i18n";
import { formatFen } from "../../lib/money";
import type { Span } from "../../lib/slots";
import { formatInstant } from "../../lib/time";
import { useMinute } from "../../parts/now";
import { zoneOf } from "../../parts/page";
import { Answer, Loading } from "../../parts/states";
import { Problems, QuoteSteps } from "../instrument/outcome";
import { iso } from "../instrument/slot-fields";

const changeQuote = (id: string, { from, to }: Span) =>
  queryOptions({
    queryKey: ["reservation", id, "quote", from, to],
    queryFn: () => post(`/reservations/${encodeURIComponent(id)}/quote`, { starts_at: iso(from), ends_at: iso(to) }),
    placeholderData: keepPreviousData,
    retry: false,
  });

/** In words, so that neither a colour nor a sign has to be understood. */
function useDifference(): (quoted: ChangeQuote) => string | null {
  const { t } = useTranslation();
  return ({ amount_fen, former_fen, currency }) => {
    if (amount_fen === null || former_fen === null) return null;
    const by = amount_fen - former_fen;
    if (by === 0) return t("lease.costs.same");
    return t(by > 0 ? "lease.costs.more" : "lease.costs.less", { amount: formatFen(Math.abs(by), currency), former: formatFen(former_fen, currency) });
  };
}

export function ChangeCost({ one, chosen }: { one: Reservation; chosen: Span }) {
  const { t } = useTranslation();
  const lang = useLang();
  const now = useMinute();
  const sayDifference = useDifference();
  const quoted = useQuery(changeQuote(one.id, chosen));
  const mayCancel = one.state === "reserved";
  return (
    <Answer query={quoted} loading={<Loading rows={2} />}>
      {(found) => {
        const difference = sayDifference(found);
        return (
          <div data-change-cost={found.amount_fen ?? ""}>
            <QuoteSteps quoted={found} />
            {difference && <p className="num" data-difference><b>{difference}</b></p>}
            {mayCancel && found.free_until && (
              <p className="faint num">
                {Date.parse(found.free_until) > now
                  ? t("lease.costs.freeUntil", { at: formatInstant(Date.parse(found.free_until), zoneOf(one.instrument), lang) })
                  : t("lease.costs.neverFree")}
              </p>
            )}
            {found.problems.length > 0 && <Problems problems={found.problems} title={t("booking.problems")} />}
          </div>
        );
      }}
    </Answer>
  );
}
