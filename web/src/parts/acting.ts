/** A command sent from a page: what to say when it worked, the server's words when it did not. */

import { App } from "antd";
import { useMutation, type UseMutationResult, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { isProblem } from "../api/http";
import { pick, useLang } from "../i18n";
import { useProblemText } from "./states";

export function useActing<Given, Made>(
  send: (given: Given) => Promise<Made>,
  { touches, said, then }: { touches: string[]; said?: string; then?: (made: Made) => void },
): UseMutationResult<Made, Error, Given> {
  const cache = useQueryClient();
  const { message } = App.useApp();
  const { t } = useTranslation();
  const lang = useLang();
  const textOf = useProblemText();
  return useMutation({
    mutationFn: send,
    onSuccess: (made) => {
      if (said) void message.success(said);
      then?.(made);
    },
    // All that speaks against it is said at once, not only that something does.
    onError: (error) => void message.error(
      isProblem(error) ? [textOf(error), ...error.problems.map((one) => pick(lang, one, "detail"))].join(" ") : t("error.server"),
    ),
    onSettled: () => Promise.all(touches.map((key) => cache.invalidateQueries({ queryKey: [key] }))),
  });
}
