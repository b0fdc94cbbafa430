/** The one look: Ant Design's tokens. Status colours live beside their words in theme.css. */

import type { ThemeConfig } from "antd";

export const FONT =
  '-apple-system, BlinkMacSystemFont, "Segoe UI", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", ' +
  '"Noto Sans SC", "Noto Sans CJK SC", "WenQuanYi Micro Hei", "Helvetica Neue", Arial, sans-serif';

export const INK = "#14212b";
export const BRAND = "#0f5a7a";

export const theme: ThemeConfig = {
  cssVar: { key: "yixiang" },
  hashed: false,
  token: {
    colorPrimary: BRAND,
    colorInfo: BRAND,
    colorLink: BRAND,
    colorSuccess: "#167a42",
    colorWarning: "#9a5b00",
    colorError: "#b42318",
    colorSuccessBg: "#e7f6ed",
    colorSuccessBorder: "#a9dbbd",
    colorWarningBg: "#fdf3dd",
    colorWarningBorder: "#ecd199",
    colorErrorBg: "#fdeceb",
    colorErrorBorder: "#f3bdb8",
    colorInfoBg: "#e8f2f6",
    colorInfoBorder: "#b5d3df",
    colorTextBase: INK,
    colorTextSecondary: "#4a5965",
    colorTextTertiary: "#5c6b77",
    colorTextDescription: "#55646f",
    colorTextDisabled: "#6a7782",
    colorTextPlaceholder: "#66747f",
    colorBorder: "#cfd8de",
    colorBorderSecondary: "#e2e8ec",
    colorBgLayout: "#f3f6f8",
    // Ant Design waits for the end of its animations, so they are left out by its own switch.
    motion: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    borderRadius: 6,
    borderRadiusLG: 10,
    fontFamily: FONT,
    fontSize: 14,
    controlHeight: 34,
    boxShadowTertiary: "0 1px 2px rgba(16, 42, 58, 0.06)",
  },
  components: {
    Card: { headerFontSize: 15, headerHeight: 44, bodyPadding: 16, headerPadding: 16 },
    Table: { headerBg: "#f6f9fa", cellPaddingBlockSM: 7 },
    Segmented: { itemColor: "#3f4e59", trackBg: "#e6ecf0" },
    Button: { primaryShadow: "none", defaultShadow: "none" },
    Empty: { colorTextDescription: "#55646f" },
  },
};
