/** Puts a wish into the basket, and says how many are in it. */

import { App, Button } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import type { ReservationWish } from "../../api/lease";
import type { Instrument } from "../../api/types";
import { putInBasket, useBasket } from "../../lib/basket";

export function BasketButton({ instrument, wish, disabled }: { instrument: Instrument; wish: ReservationWish; disabled: boolean }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const basket = useBasket();
  const put = (): void => {
    // For whom it is, is said once for all that is in it.
    putInBasket({ wish: { ...wish, holder_id: null }, code: instrument.code, name_zh: instrument.name_zh, name_en: instrument.name_en, time_zone: instrument.time_zone });
    void message.success(t("basket.put"));
  };
  return (
    <>
      <Button disabled={disabled} onClick={put} data-basket>{t("basket.add")}</Button>
      {basket.length > 0 && <Link to="/my/basket">{t("basket.open", { count: basket.length })}</Link>}
    </>
  );
}
