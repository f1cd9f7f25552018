/**
 * The index as somebody sees it who is limited to some sites: studies of other sites are not there. One place for all,
 * so that a page, a search or a comparison cannot forget it; what is not there is answered like what never was.
 */
import type { QidoQuery } from '../index/port.ts';
import type { FindSite } from '../study/types.ts';
import type { IndexReader } from './index-reader.ts';

export function visibleIndex(index: IndexReader, sites: readonly string[], findSite: FindSite): IndexReader {
  const isOfThem = (site: string | undefined): boolean => site !== undefined && sites.includes(site);
  const limited = (query: QidoQuery): QidoQuery => ({ ...query, sites });
  const ifVisible = <Answer>(read: (studyInstanceUID: string) => Promise<Answer>, otherwise: Answer) =>
    async (studyInstanceUID: string): Promise<Answer> => (isOfThem(await index.siteOf(studyInstanceUID)) ? read(studyInstanceUID) : otherwise);

  return {
    worklist: (query) => index.worklist({ ...query, sites: query.sites?.filter(isOfThem) ?? sites }),
    worklistItem: ifVisible((uid) => index.worklistItem(uid), undefined),
    study: ifVisible((uid) => index.study(uid), undefined),
    async studiesOfPatient(patientID) {
      return (await index.studiesOfPatient(patientID)).filter(({ item }) => isOfThem(item.site));
    },
    siteOf: ifVisible((uid) => index.siteOf(uid), undefined),
    async instance(sopInstanceUID) {
      const record = await index.instance(sopInstanceUID);
      return record !== undefined && isOfThem(await index.siteOf(record.studyInstanceUID)) ? record : undefined;
    },
    instances: async (filter) => (isOfThem(await index.siteOf(filter.studyInstanceUID)) ? index.instances(filter) : []),
    summaries: ifVisible((uid) => index.summaries(uid), []),
    deliveries: ifVisible((uid) => index.deliveries(uid), []),
    deliverySummaries: () => index.deliverySummaries(),
    queryStudies: (query) => index.queryStudies(limited(query)),
    querySeries: (query) => index.querySeries(limited(query)),
    queryInstances: (query) => index.queryInstances(limited(query)),
    async dashboard() {
      const figures = await index.dashboard(sites);
      return { ...figures, senders: figures.senders.filter(({ callingAETitle, institution }) => isOfThem(findSite({ callingAETitle }, institution))) };
    },
    shadowResults: ifVisible((uid) => index.shadowResults(uid), []),
    // Sums over all studies, which nobody of some sites may ask for.
    shadowTotals: async () => [],
    shadowFailures: async () => [],
    // By study, each of which is looked up first.
    reviews: index.reviews,
  };
}
