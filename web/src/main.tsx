import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import "antd/dist/reset.css";
import "./theme.css";

import { startLanguage } from "./i18n";
import { Application } from "./shell/app";
import { markStyles } from "./shell/nonce";

markStyles();
await startLanguage();
const root = document.getElementById("root");
if (root) createRoot(root).render(<StrictMode><Application /></StrictMode>);
