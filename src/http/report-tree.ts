/** A structured report as the viewer shows it: one line per content item. */
import { Type, type Static } from '@sinclair/typebox';
import type { Dataset } from '../dicom/dataset.ts';
import { describeSr, isStructuredReport, type SrNode } from '../results/describe-sr.ts';
import { AppError } from '../errors.ts';
import type { InstanceRecord } from '../study/types.ts';

export const reportNodeSchema = Type.Recursive((self) => Type.Object({
  type: Type.String({ description: 'Value type of PS3.3 C.17.3: CONTAINER, TEXT, NUM, CODE, IMAGE …' }),
  relationship: Type.Optional(Type.String()),
  name: Type.String(),
  value: Type.Optional(Type.Union([Type.String(), Type.Number()])),
  unit: Type.Optional(Type.String()),
  references: Type.Optional(Type.Array(Type.Object({
    sopClassUID: Type.String(), sopInstanceUID: Type.String(),
    frames: Type.Optional(Type.Array(Type.Integer())), segments: Type.Optional(Type.Array(Type.Integer())),
  }))),
  children: Type.Array(self),
}), { $id: 'ReportNode' });

export const reportSchema = Type.Object({
  sopInstanceUID: Type.String(),
  sopClassUID: Type.String(),
  title: Type.String(),
  completionFlag: Type.Optional(Type.String()),
  verificationFlag: Type.Optional(Type.String({ description: 'UNVERIFIED: no person has signed it.' })),
  root: reportNodeSchema,
});

export type ReportNode = Static<typeof reportNodeSchema>;
export type Report = Static<typeof reportSchema>;

function valueOf(node: SrNode): string | number | undefined {
  if (node.number !== undefined) return node.number;
  if (node.graphic !== undefined) return `${node.graphic.type}: ${node.graphic.data.join(', ')}`;
  if (node.referencedItem !== undefined) return node.referencedItem.join('.');
  return node.code?.meaning ?? node.text;
}

function lineOf(node: SrNode): ReportNode {
  const value = valueOf(node);
  return {
    type: node.valueType,
    ...(node.relationship === undefined ? {} : { relationship: node.relationship }),
    name: node.name?.meaning ?? '',
    ...(value === undefined ? {} : { value }),
    ...(node.unit === undefined ? {} : { unit: node.unit.value === '1' ? node.unit.meaning : node.unit.value }),
    ...(node.references === undefined ? {} : {
      references: node.references.map((reference) => ({
        sopClassUID: reference.sopClassUID,
        sopInstanceUID: reference.sopInstanceUID,
        ...(reference.frames === undefined ? {} : { frames: [...reference.frames] }),
        ...(reference.segments === undefined ? {} : { segments: [...reference.segments] }),
      })),
    }),
    children: node.children.map(lineOf),
  };
}

/** The content tree of a structured report. */
export function contentTree(header: Dataset): ReportNode {
  return lineOf(describeSr(header).content);
}

/** Errors: HTTP_NOT_FOUND for an instance that is no structured report. */
export function reportOf(record: InstanceRecord): Report {
  if (!isStructuredReport(record.header)) throw new AppError('HTTP_NOT_FOUND', 'This instance is not a structured report.');
  const description = describeSr(record.header);
  return {
    sopInstanceUID: record.sopInstanceUID,
    sopClassUID: record.sopClassUID,
    title: description.title?.meaning ?? '',
    ...(description.completionFlag === undefined ? {} : { completionFlag: description.completionFlag }),
    ...(description.verificationFlag === undefined ? {} : { verificationFlag: description.verificationFlag }),
    root: lineOf(description.content),
  };
}
