/** Lets Ant Design's style elements through a Content-Security-Policy without 'unsafe-inline'. */

/** The nonce of this answer, or nothing where the pages are served without a policy. */
export function findNonce(): string | undefined {
  const found = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;
  return found && found !== "__CSP_NONCE__" ? found : undefined;
}

/**
 * Gives the nonce to every style element made from here on. Most of Ant Design asks for it through
 * ConfigProvider; its scroll lock and its measuring of scroll bars do not.
 */
export function markStyles(): void {
  const nonce = findNonce();
  if (!nonce) return;
  /* eslint-disable @typescript-eslint/no-deprecated -- only the overload for obsolete names is */
  const create = document.createElement.bind(document);
  document.createElement = (name: string, options?: ElementCreationOptions): HTMLElement => {
    const made = create(name, options);
    if (name === "style") made.nonce = nonce;
    return made;
  };
  /* eslint-enable @typescript-eslint/no-deprecated */
}
