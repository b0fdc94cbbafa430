/** What belongs to an instrument beside its card: photographs, devices, accessories. */

import { Alert, Button, Checkbox, Input, Popconfirm, Radio, Upload } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { pick, useLang } from "../../../i18n";
import { useActing } from "../../../parts/acting";
import { Problems } from "../../../parts/refusal";
import { Answer, Loading } from "../../../parts/states";
import { addPhoto, type Card, type Linkable, linkable, orderPhotos, putLinks, removePhoto } from "./asked";

const PHOTOS_MAX = 8;

export function Photos({ one }: { one: Card }) {
  const { t } = useTranslation();
  const lang = useLang();
  const [caption, setCaption] = useState("");
  const touches = ["instrument"];
  const adding = useActing((file: File) => addPhoto(one.id, file, caption.trim(), ""), { touches, said: t("manage.saved"), then: () => setCaption("") });
  const removing = useActing((photo: string) => removePhoto(one.id, photo), { touches, said: t("manage.saved") });
  const ordering = useActing((ids: string[]) => orderPhotos(one.id, ids), { touches });
  const ids = one.photos.map((photo) => photo.id);
  const first = (photo: string): string[] => [photo, ...ids.filter((each) => each !== photo)];
  const earlier = (at: number): string[] => ids.map((each, index) => (index === at - 1 ? ids[at] ?? each : index === at ? ids[at - 1] ?? each : each));
  return (
    <section className="panel" aria-label={t("cards.photos")}>
      <header><h2>{t("cards.photos")}</h2><span className="soft num">{one.photos.length} / {PHOTOS_MAX}</span></header>
      <div className="panel-body stack">
        {one.photos.length === 0 ? <p className="soft">{t("cards.noPhotos")}</p> : (
          <ol className="photo-list">
            {one.photos.map((photo, at) => (
              <li key={photo.id} data-photo={photo.id}>
                <img src={photo.url} alt={pick(lang, photo, "caption") || pick(lang, one, "name")} />
                <span className="soft clip">{pick(lang, photo, "caption")}</span>
                <span className="row tight">
                  {at > 0 && <Button size="small" aria-label={t("cards.earlier", { number: at + 1 })} onClick={() => ordering.mutate(earlier(at))}>←</Button>}
                  {at > 0 && <Button size="small" onClick={() => ordering.mutate(first(photo.id))} aria-label={t("cards.makeFirst", { number: at + 1 })}>{t("cards.first")}</Button>}
                  <Popconfirm title={t("cards.removePhoto")} okText={t("manage.remove")} cancelText={t("manage.cancel")} onConfirm={() => removing.mutate(photo.id)}><Button size="small" danger aria-label={`${t("manage.remove")} ${at + 1}`}>{t("manage.remove")}</Button></Popconfirm>
                </span>
              </li>
            ))}
          </ol>
        )}
        {one.photos.length < PHOTOS_MAX && (
          <div className="row">
            <Input value={caption} maxLength={200} placeholder={t("cards.caption")} aria-label={t("cards.caption")} onChange={(event) => setCaption(event.target.value)} style={{ width: 200 }} />
            <Upload accept=".png,.jpg,.jpeg" maxCount={1} showUploadList={false} beforeUpload={(file) => { adding.mutate(file); return false; }}><Button loading={adding.isPending} data-add-photo>{t("cards.addPhoto")}</Button></Upload>
          </div>
        )}
        {adding.isError && <Alert type="error" showIcon title={<Problems error={adding.error} />} />}
      </div>
    </section>
  );
}

function DeviceList({ one, found }: { one: Card; found: Linkable[] }) {
  const { t } = useTranslation();
  const [links, setLinks] = useState(() => found.filter((each) => each.instrument_id === one.id).map((each) => ({ device_id: each.id, is_meter: each.is_meter, has_interlock: each.has_interlock })));
  const saving = useActing(() => putLinks(one.id, links), { touches: ["linkable", "devices", "instrument"], said: t("manage.saved") });
  const shown = found.filter((each) => each.instrument_id === null || each.instrument_id === one.id);
  const of = (id: string) => links.find((each) => each.device_id === id);
  const put = (id: string, changes: { is_meter?: boolean; has_interlock?: boolean }): void => setLinks(links.map((each) => (each.device_id === id ? { ...each, ...changes } : changes.is_meter ? { ...each, is_meter: false } : each)));
  return (
    <div className="panel-body stack">
      {shown.length === 0 ? <p className="soft">{t("cards.noDevices")}</p> : (
        <ul className="stack" style={{ gap: 8 }}>
          {shown.map((each) => {
            const link = of(each.id);
            return (
              <li key={each.id} className="row" data-device={each.name}>
                <Checkbox checked={!!link} onChange={(event) => setLinks(event.target.checked ? [...links, { device_id: each.id, is_meter: links.every((other) => !other.is_meter), has_interlock: false }] : links.filter((other) => other.device_id !== each.id))}>
                  <span className="mono">{each.name}</span> <span className="soft">{each.model}</span>
                </Checkbox>
                {link && <Radio checked={link.is_meter} onChange={() => put(each.id, { is_meter: true })}>{t("cards.isMeter")}</Radio>}
                {link && <Checkbox checked={link.has_interlock} onChange={(event) => put(each.id, { has_interlock: event.target.checked })}>{t("cards.hasInterlock")}</Checkbox>}
                {each.instrument_id === one.id && <Link to={`/devices/${each.name}`}>{t("cards.openDevice")}</Link>}
              </li>
            );
          })}
        </ul>
      )}
      {saving.isError && <Alert type="error" showIcon title={<Problems error={saving.error} />} />}
      <div><Button loading={saving.isPending} onClick={() => saving.mutate(undefined)}>{t("cards.saveDevices")}</Button></div>
    </div>
  );
}

export function Devices({ one }: { one: Card }) {
  const { t } = useTranslation();
  const found = useQuery(linkable(one.id));
  return (
    <section className="panel" aria-label={t("cards.devices")}>
      <header><h2>{t("cards.devices")}</h2><span className="soft">{t("cards.devicesLead")}</span></header>
      <Answer query={found} loading={<Loading rows={3} />}>{(all) => <DeviceList key={JSON.stringify(all)} one={one} found={all} />}</Answer>
    </section>
  );
}

export function Related({ one }: { one: Card }) {
  const { t } = useTranslation();
  const lang = useLang();
  if (one.accessories.length === 0 && !one.accessory_of) return null;
  return (
    <section className="panel" aria-label={t("cards.related")}>
      <header><h2>{t("cards.related")}</h2></header>
      <ul className="panel-body stack" style={{ gap: 6 }}>
        {one.accessory_of && <li>{t("cards.host")} <Link to={`/lab/instruments/${one.accessory_of.id}`}>{pick(lang, one.accessory_of, "name")}</Link></li>}
        {one.accessories.map((each) => <li key={each.id}>{t("cards.accessory")} <Link to={`/lab/instruments/${each.id}`}>{pick(lang, each, "name")}</Link> <span className="mono faint">{each.code}</span></li>)}
      </ul>
    </section>
  );
}
