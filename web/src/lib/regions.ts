/** Regions by the beginnings of their codes of GB/T 2260: provinces, and the cities of Jiangsu. */

import type { Lang } from "./time";

const CITIES = [
  ["3201", "南京市", "Nanjing"], ["3202", "无锡市", "Wuxi"], ["3203", "徐州市", "Xuzhou"], ["3204", "常州市", "Changzhou"],
  ["3205", "苏州市", "Suzhou"], ["3206", "南通市", "Nantong"], ["3207", "连云港市", "Lianyungang"], ["3208", "淮安市", "Huai'an"],
  ["3209", "盐城市", "Yancheng"], ["3210", "扬州市", "Yangzhou"], ["3211", "镇江市", "Zhenjiang"], ["3212", "泰州市", "Taizhou (Jiangsu)"],
  ["3213", "宿迁市", "Suqian"],
] as const;

const PROVINCES = [
  ["11", "北京市", "Beijing"], ["12", "天津市", "Tianjin"], ["13", "河北省", "Hebei"], ["14", "山西省", "Shanxi"],
  ["15", "内蒙古自治区", "Inner Mongolia"], ["21", "辽宁省", "Liaoning"], ["22", "吉林省", "Jilin"], ["23", "黑龙江省", "Heilongjiang"],
  ["31", "上海市", "Shanghai"], ["32", "江苏省", "Jiangsu"], ["33", "浙江省", "Zhejiang"], ["34", "安徽省", "Anhui"],
  ["35", "福建省", "Fujian"], ["36", "江西省", "Jiangxi"], ["37", "山东省", "Shandong"], ["41", "河南省", "Henan"],
  ["42", "湖北省", "Hubei"], ["43", "湖南省", "Hunan"], ["44", "广东省", "Guangdong"], ["45", "广西壮族自治区", "Guangxi"],
  ["46", "海南省", "Hainan"], ["50", "重庆市", "Chongqing"], ["51", "四川省", "Sichuan"], ["52", "贵州省", "Guizhou"],
  ["53", "云南省", "Yunnan"], ["54", "西藏自治区", "Tibet"], ["61", "陕西省", "Shaanxi"], ["62", "甘肃省", "Gansu"],
  ["63", "青海省", "Qinghai"], ["64", "宁夏回族自治区", "Ningxia"], ["65", "新疆维吾尔自治区", "Xinjiang"], ["71", "台湾省", "Taiwan"],
  ["81", "香港特别行政区", "Hong Kong"], ["82", "澳门特别行政区", "Macao"],
] as const;

/** By code, so that the cities stand below their province; one that is not named here is its code. */
export function regionChoices(lang: Lang, chosen: string): { value: string; label: string }[] {
  const known = [...PROVINCES, ...CITIES].map(([value, zh, en]) => ({ value, label: value.length > 2 ? `　${lang === "zh" ? zh : en}` : lang === "zh" ? zh : en }));
  const own = chosen && !known.some((one) => one.value === chosen) ? [{ value: chosen, label: chosen }] : [];
  return [...known, ...own].sort((a, b) => (a.value < b.value ? -1 : 1));
}
