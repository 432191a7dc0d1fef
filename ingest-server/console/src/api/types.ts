// The API's shapes under the names the console uses; the only file that knows the generated names.
import type { components } from './schema';

type Schemas = components['schemas'];

export type Session = Schemas['Session'];
export type Place = Schemas['Place'];
export type Position = Schemas['Position'];
export type Heading = Schemas['Heading'];
export type IncidentSummary = Schemas['IncidentSummary'];
export type IncidentDetail = Schemas['IncidentDetail'];
export type IncidentPage = Schemas['IncidentPage'];
export type IncidentState = Schemas['IncidentState'];
export type Evidence = Schemas['Evidence'];
export type DerivedCopy = Schemas['DerivedCopy'];
export type CustodyLog = Schemas['CustodyLog'];
export type CustodyEntry = Schemas['CustodyEntry'];
export type Seal = Schemas['Seal'];
export type Delivery = Schemas['Delivery'];
export type HistoryEntry = Schemas['HistoryEntry'];
export type MergeDecision = Schemas['MergeDecision'];
export type MergeFinding = Schemas['MergeFinding'];
export type MergeStep = Schemas['MergeStep'];
export type Case = Schemas['Case'];
export type StageClock = Schemas['StageClock'];
export type RouteExplanation = Schemas['RouteExplanation'];
export type PhoneCall = Schemas['PhoneCall'];
export type CallOutcome = Schemas['CallOutcome'];
export type Urgency = Schemas['Urgency'];
export type CaseStep = Schemas['CaseStep'];
export type OverdueList = Schemas['OverdueList'];
export type BulkAnswer = Schemas['BulkAnswer'];
export type RejectReason = Schemas['RejectReason'];
export type Camera = Schemas['Camera'];
export type Agent = Schemas['Agent'];
