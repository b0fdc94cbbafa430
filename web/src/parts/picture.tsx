/** A line drawing of what kind of instrument it is, until there is a photo. */

const DRAWINGS: [RegExp, string][] = [
  // test tubes
  [/biolog|生物|pcr/i, "M26 14v50a9 9 0 0 0 18 0V14M22 14h26M26 44h18M58 14v50a9 9 0 0 0 18 0V14M54 14h26M58 32h18"],
  // a gauge
  [/metrolog|计量|coordinate|calibrat/i, "M18 66a34 34 0 1 1 64 0ZM50 60 66 36M24 52l7 3M34 33l5 5M50 26v7M76 52l-7 3"],
  // a wave on a screen
  [/electric|电子与|emc/i, "M16 16h68v48H16zM24 40h8l6-14 9 28 8-20 5 6h16M36 76h28"],
  // layers built up
  [/process|工艺|additive/i, "M50 12v12M42 24h16l-8 10zM26 48h48M22 58h56M18 68h64M18 76h64"],
  // a load frame with its crosshead and specimen
  [/mechan|tensile|力学|拉伸/i, "M22 76V14h56v62M14 76h72M22 34h56M50 34v9M50 58v18M44 43h12v15H44zM40 24h20"],
  // a chamber with its door, window and fan
  [/environ|climat|环境|温湿/i, "M20 14h60v62H20zM28 22h36v36H28zM72 26v10M72 44v4M28 66h36M46 34v12M40 37l12 6M52 37l-12 6M24 76v5M76 76v5"],
  // stacked modules with bottles on top
  [/chroma|hplc|色谱/i, "M24 30h52v14H24zM24 46h52v14H24zM24 62h52v14H24zM32 30V18h8v12M46 30V18h8v12M60 30V18h8v12M66 53h4M66 69h4M66 37h4"],
  // a spectrum
  [/analys|spectr|icp|光谱|质谱/i, "M16 74h68M16 74V18M24 74V60M32 74V40M40 74V64M48 74V24M56 74V56M64 74V48M72 74V66"],
  // an electron column
  [/microsc|optic|显微/i, "M40 12h20v16H40zM36 28h28l-6 20H42zM44 48h12v10H44zM26 58h48v18H26zM40 67h20"],
  // a balance
  [/balance|weigh|physical|天平|物理/i, "M26 20h48v40H26zM20 60h60v16H20zM40 48h20M50 48v6M58 68h12"],
  // a furnace
  [/furnace|heat|thermal|炉|热/i, "M20 18h60v58H20zM32 28h36v26H32zM40 48c0-8 8-8 6-16 8 5 12 10 12 16M30 66h8M44 66h26"],
];
const OTHER = "M22 26h56v40H22zM30 34h28v18H30zM66 36h4M66 44h4M30 60h40M34 66v10M66 66v10M26 76h48";

export function InstrumentPicture({ hint, size = 92 }: { hint: string; size?: number }) {
  const path = DRAWINGS.find(([words]) => words.test(hint))?.[1] ?? OTHER;
  return (
    <svg width={size} height={size} viewBox="0 0 100 90" aria-hidden="true">
      <path d={path} fill="none" stroke="currentColor" strokeWidth="2.2" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
