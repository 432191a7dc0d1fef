// A report while it is written: kind, answers, place, what is near, files; and how it is sent. The same for a
// citizen at the portal and for staff who write down what somebody says.
import { useEffect, useRef, useState } from 'react';

import {
  fetchNearby,
  fetchServices,
  sendReport,
  type Nearby,
  type Received,
  type ReportWords,
  type Sender,
  type Service,
  type ServiceList,
} from '../../api/portal';
import { ApiProblem, faultsOf } from '../../api/problem';
import { isAt } from './Field';

/** Where it is; `uncertainty` in metres, absent where nobody measured it. */
export interface Spot {
  lat: number;
  lon: number;
  uncertainty: number | null;
}

/** A file that goes along, and where the browser shows it until then. */
export interface Attachment {
  file: File;
  preview: string;
}

/** Answers to the questions of a kind of report, by the question's code. */
export type Answers = Readonly<Record<string, readonly string[]>>;

/** What the form's own fields hold. */
export type Words = Pick<
  ReportWords,
  'description' | 'address' | 'occurred' | 'channel' | 'contact' | 'website'
>;

interface NearbyOf {
  question: string;
  items: readonly Nearby[];
}

const NOTHING: readonly Nearby[] = [];

export function useReport(sender: Sender) {
  const [services, setServices] = useState<ServiceList | null>(null);
  const [service, setService] = useState('');
  const [answers, setAnswers] = useState<Answers>({});
  const [spot, setSpot] = useState<Spot | null>(null);
  const [found, setFound] = useState<NearbyOf | null>(null);
  const [sameAs, setSameAs] = useState<string | null>(null);
  const [files, setFiles] = useState<readonly Attachment[]>([]);
  const [received, setReceived] = useState<Received | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [sending, setSending] = useState(false);
  const [mended, setMended] = useState<readonly string[]>([]);
  // One form is one report, however often it is sent.
  const key = useRef(crypto.randomUUID());

  useEffect(() => {
    fetchServices().then(setServices, (reason: unknown) => {
      setError(asError(reason));
    });
  }, []);

  const question = spot === null ? null : `${spot.lat} ${spot.lon} ${service}`;
  useEffect(() => {
    if (spot === null || question === null) return;
    let current = true;
    const show = (items: readonly Nearby[]): void => {
      if (current) setFound({ question, items });
    };
    // What is near helps, and a report goes without it.
    fetchNearby(spot.lat, spot.lon, service).then(show, () => {
      show(NOTHING);
    });
    return () => {
      current = false;
    };
  }, [spot, service, question]);

  const near = found !== null && found.question === question ? found.items : NOTHING;
  // What is no longer near is not joined.
  const joined = near.some((one) => one.incident === sameAs) ? sameAs : null;

  /** Takes the marks off what was changed since: whether it will do now is told by the next try. */
  const mend = (...fields: string[]): void => {
    setMended((before) => [...before, ...fields]);
  };

  const send = (words: Words): void => {
    setSending(true);
    setError(null);
    setMended([]);
    const place = spot && {
      lat: spot.lat,
      lon: spot.lon,
      uncertainty_m: spot.uncertainty,
    };
    sendReport(
      sender,
      {
        ...words,
        ...place,
        service: service === '' ? null : service,
        attributes: Object.fromEntries(
          Object.entries(answers)
            .filter(([, values]) => values.some((value) => value.trim() !== ''))
            .map(([code, values]) => [code, [...values]]),
        ),
        same_as: joined,
      },
      files.map(({ file }) => file),
      key.current,
    )
      .then(setReceived, (reason: unknown) => {
        setError(asError(reason));
        // What is changed now is another report; what did not arrive may be sent again.
        if (reason instanceof ApiProblem && reason.status !== 0) key.current = crypto.randomUUID();
      })
      .finally(() => {
        setSending(false);
      });
  };

  return {
    services,
    service: services?.items.find((one) => one.code === service) ?? null,
    chooseService(chosen: string): void {
      setService(chosen);
      setAnswers({});
      setSameAs(null);
      mend('service', 'attributes');
    },
    answers,
    answer(code: string, values: readonly string[]): void {
      setAnswers({ ...answers, [code]: values });
      mend(`attributes.${code}`);
    },
    spot,
    setSpot(next: Spot | null): void {
      setSpot(next);
      mend('lat', 'lon', 'uncertainty_m');
    },
    near,
    joined,
    join: setSameAs,
    files,
    attach(more: readonly File[]): void {
      const shown = more.map((file) => ({ file, preview: URL.createObjectURL(file) }));
      setFiles([...files, ...shown]);
      // Pictures speak for themselves.
      mend('description', 'file', 'files');
    },
    detach(one: Attachment): void {
      URL.revokeObjectURL(one.preview);
      setFiles(files.filter((other) => other !== one));
    },
    received,
    error,
    /** What is wrong with the form as it was last sent, but for what was changed since. */
    faults: faultsOf(error).filter(({ field }) => !mended.some((name) => isAt(field, name))),
    mend,
    sending,
    send,
  };
}

export type Report = ReturnType<typeof useReport>;

/** Services in the order of the server, under the groups they stand in. */
export function groupsOf(
  services: readonly Service[],
  language: 'vi' | 'en',
): [string, Service[]][] {
  const groups = new Map<string, Service[]>();
  for (const service of services) {
    const name = service.group[language];
    groups.set(name, [...(groups.get(name) ?? []), service]);
  }
  return [...groups];
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('unexpected');
}
