/** The way out to the other platform, where one is set up. */

import { Button, Divider } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { provider, setOut } from "../api/provider";
import { pick, useLang } from "../i18n";
import { useActing } from "../parts/acting";

export function useProviderName(): string {
  const lang = useLang();
  const found = useQuery(provider);
  return found.data ? pick(lang, found.data, "name") : "";
}

export function ProviderButton({ to }: { to: string }) {
  const { t } = useTranslation();
  const found = useQuery(provider);
  const name = useProviderName();
  const leaving = useActing(setOut, { touches: [], then: (trip) => window.location.assign(trip.address) });
  if (!found.data?.is_offered) return null;
  return (
    <>
      <Divider plain style={{ margin: "14px 0" }}>{t("provider.or")}</Divider>
      <Button block size="large" data-provider loading={leaving.isPending || leaving.isSuccess} onClick={() => leaving.mutate(to)}>
        {t("provider.signIn", { name })}
      </Button>
    </>
  );
}
