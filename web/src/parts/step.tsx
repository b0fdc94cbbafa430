/** One step of a price: what it says, and what it comes to. */

import type { QuoteStep } from "../api/types";
import { formatFen } from "../lib/money";

export function StepValue({ step, currency }: { step: QuoteStep; currency: string }) {
  if (typeof step.amount_fen !== "number") return <>{step.value}</>;
  const amount = formatFen(step.amount_fen, currency);
  return <>{step.value ? `${step.value} = ` : ""}<b>{amount}</b></>;
}
