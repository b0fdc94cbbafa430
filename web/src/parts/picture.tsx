/** A line drawing of what kind of instrument it is, until there is a photo. */

const DRAWINGS: [RegExp, string][] = [
  // a load frame with its crosshead and specimen
  [/mechan|tens|utm|force|力学|拉伸|试验机/i, "M22 76V14h56v62M14 76h72M22 34h56M50 34v9M50 58v18M44 43h12v15H44zM40 24h20"],
  // a chamber with its door, window and fan
  [/environ|climat|chamber|temper|环境|温湿|气候/i, "M20 14h60v62H20zM28 22h36v36H28zM72 26v10M72 44v4M28 66h36M46 34v12M40 37l12 6M52 37l-12 6M24 76v5M76 76v5"],
  // stacked modules with bottles on top
  [/chroma|hplc|lc|色谱/i, "M24 30h52v14H24zM24 46h52v14H24zM24 62h52v14H24zM32 30V18h8v12M46 30V18h8v12M60 30V18h8v12M66 53h4M66 69h4M66 37h4"],
  // a spectrum
  [/spectr|ms|icp|光谱|质谱/i, "M16 74h68M16 74V18M24 74V60M32 74V40M40 74V64M48 74V24M56 74V56M64 74V48M72 74V66"],
  // an electron column
  [/micro|sem|optic|显微/i, "M40 12h20v16H40zM36 28h28l-6 20H42zM44 48h12v10H44zM26 58h48v18H26zM40 67h20"],
  // a balance
  [/balance|weigh|mass|天平|质量/i, "M26 20h48v40H26zM20 60h60v16H20zM40 48h20M50 48v6M58 68h12"],
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
