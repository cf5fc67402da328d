import { pathToFileURL } from 'node:url';
import type { Location } from '../lint/field.ts';
import type { Finding, Rule } from '../lint/rule.ts';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/**
 * A SARIF 2.1.0 log, which code hosts show beside the lines it is about.
 *
 * @param rules all that ran, so that a host can tell what was looked for
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function sarif(findings: readonly Finding[], rules: readonly Rule[], version: string): object {
  const foreign = findings.filter(({ rule }) => !rules.some(({ id }) => id === rule));
  const descriptors = [
    ...rules.map(descriptorOf),
    ...new Map(foreign.map((finding) => [finding.rule, foreignDescriptor(finding)])).values(),
  ];
  const indices = new Map(descriptors.map(({ id }, index) => [id, index]));
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'meshproof', semanticVersion: version, rules: descriptors } },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => resultOf(finding, indices.get(finding.rule) ?? -1)),
      },
    ],
  };
}

function descriptorOf({ id, title, why, fix, links, severity }: Rule) {
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: why },
    help: { text: [why, fix, ...links].join('\n\n') },
    ...(links[0] === undefined ? {} : { helpUri: links[0] }),
    defaultConfiguration: { level: severity },
  };
}

function foreignDescriptor({ rule, title, links }: Finding) {
  return {
    id: rule,
    shortDescription: { text: title },
    ...(links[0] === undefined ? {} : { helpUri: links[0] }),
  };
}

function resultOf(finding: Finding, ruleIndex: number): object {
  const { rule, severity, message, fix, location, related, object, field } = finding;
  return {
    ruleId: rule,
    ruleIndex,
    level: severity,
    message: { text: fix === '' ? message : `${message} ${fix}` },
    locations: [
      {
        ...(location ? { physicalLocation: physical(location) } : {}),
        logicalLocations: [{ fullyQualifiedName: `${object} ${field}`.trim(), kind: 'object' }],
      },
    ],
    relatedLocations: related.flatMap((each) =>
      each.location ? [{ physicalLocation: physical(each.location), message: { text: each.message } }] : [],
    ),
  };
}

function physical({ file, line, column, endLine, endColumn }: Location): object {
  return {
    artifactLocation: {
      uri: file.startsWith('/') ? pathToFileURL(file).href : encodeURI(file.replace(/^<|>$/g, '')),
    },
    region: { startLine: line, startColumn: column, endLine, endColumn },
  };
}
