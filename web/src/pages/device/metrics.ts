/** What quantities are called on the screen. What we do not know keeps the name the device gave it. */

import type { LastValue } from "../../api/types";
import { en } from "../../i18n/en";
import { zh } from "../../i18n/zh";
import { formatUnit, formatValue } from "../../lib/live";
import { formatLength, type Lang } from "../../lib/time";

const NAMES: Record<string, [zh: string, en: string]> = {
  power_w: ["功率", "Power"],
  phase: ["阶段", "Phase"],
  interlock: ["联锁", "Interlock"],
  run_ms: ["累计机时", "Machine time"],
  cycles: ["循环次数", "Cycles"],
  energy_wh: ["累计电能", "Energy"],
  frame_temp: ["机架温度", "Frame temp."],
  force_n: ["力", "Force"],
  extension_mm: ["位移", "Extension"],
  chamber_temp: ["箱内温度", "Chamber temp."],
  humidity: ["相对湿度", "Humidity"],
  setpoint: ["设定温度", "Setpoint"],
  column_temp: ["柱温", "Column temp."],
  oven_temp: ["柱温", "Oven temp."],
  pressure_bar: ["泵压", "Pressure"],
  pressure: ["泵压", "Pressure"],
  pressure_mpa: ["泵压", "Pressure"],
  flow: ["流量", "Flow"],
  flow_ml_min: ["流量", "Flow"],
  lamp_hours: ["灯时", "Lamp hours"],
  fault_code: ["故障码", "Fault code"],
  boot_counter: ["开机次数", "Boots"],
  pump_pressure: ["泵压", "Pressure"],
  absorbance: ["吸光度", "Absorbance"],
  uv_mau: ["紫外吸收", "UV absorbance"],
  pressure_kpa: ["腔内压力", "Pressure"],
  f0_min: ["F0 值", "F0 value"],
  furnace_temp: ["炉温", "Furnace temp."],
  plasma_w: ["等离子体功率", "Plasma power"],
  argon_l_min: ["氩气流量", "Argon flow"],
  vacuum_pa: ["真空度", "Vacuum"],
  signal_kcps: ["信号强度", "Signal"],
  chiller_temp: ["冷却水温", "Cooling water"],
  chamber_pa: ["样品室压力", "Chamber pressure"],
  high_voltage_kv: ["加速电压", "High voltage"],
  beam_na: ["束流", "Beam current"],
  filament_worn: ["灯丝损耗", "Filament wear"],
  weight_g: ["称量值", "Weight"],
  is_stable: ["稳定", "Stable"],
  zero_drift_mg: ["零点漂移", "Zero drift"],
  room_temp: ["室温", "Room temp."],
  co2_ppm: ["二氧化碳", "CO₂"],
  battery: ["电池电量", "Battery"],
};

export function metricName(one: Pick<LastValue, "key" | "name">, lang: Lang): string {
  const known = NAMES[one.key];
  if (known) return known[lang === "zh" ? 0 : 1];
  return one.name || one.key;
}

const PHASES = ["idle", "warm_up", "run", "cool_down", "fault"] as const;

/** A value as people read it: codes as words, counters of time as lengths. */
export function metricText(one: Pick<LastValue, "key" | "unit" | "value">, lang: Lang): { text: string; unit: string } {
  const texts = lang === "zh" ? zh : en;
  if (one.value === null) return { text: "—", unit: "" };
  if (one.key === "phase") {
    const phase = PHASES[one.value];
    return { text: phase ? texts.phase[phase] : formatValue(one.value), unit: "" };
  }
  if (one.key === "interlock") return { text: one.value === 1 ? texts.my.unlocked : texts.my.locked, unit: "" };
  if (one.key === "run_ms") return { text: formatLength(one.value, lang), unit: "" };
  return { text: formatValue(one.value), unit: formatUnit(one.unit) };
}

const PROTOCOLS: Record<string, string> = { modbus: "Modbus", mqtt: "MQTT", sparkplug: "Sparkplug B", homie: "Homie" };

export function protocolName(protocol: string | null): string {
  return PROTOCOLS[protocol ?? ""] ?? protocol ?? "";
}
