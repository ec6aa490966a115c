import type { Sides } from '../incompatibility.ts'

/** `NEW` is the schema that reads, `OLD` the one that writes, `PATH` the place in the reader's. */
interface Text {
  readonly message: string
  readonly advice: string
}

const OPEN_ADDED =
  'Close the model first ("additionalProperties": false in the OLD schema), or compare with the policy LENIENT, under which writers are taken to write only what their schema names.'

const tighter = (what: string): Text => ({
  message: `The value at path 'PATH' in the NEW schema is tighter than in the OLD schema`,
  advice: `Leave ${what} as it was, or loosen it.`,
})

const added = (what: string): Text => ({
  message: `The keyword at path 'PATH' in the NEW schema is not present in the OLD schema`,
  advice: `Leave ${what} out: what the OLD schema lets through may break it.`,
})

const TEXTS: Readonly<Record<string, Text>> = {
  TYPE_CHANGED: {
    message: `A type at path 'PATH' is different between the NEW schema and the OLD schema`,
    advice: 'Keep the type, or list both: "type": ["string", "integer"].',
  },
  TYPE_NARROWED: {
    message: `A type at path 'PATH' in the NEW schema does not cover all types that it has in the OLD schema`,
    advice: 'List all the types that the OLD schema has. "number" takes whole numbers, "integer" takes no others.',
  },
  ENUM_ARRAY_ADDED: added('"enum" or "const"'),
  ENUM_ARRAY_NARROWED: {
    message: `An enum array at path 'PATH' in the NEW schema lacks values that it has in the OLD schema`,
    advice: 'Keep the values that may have been written, and add new ones.',
  },
  ENUM_ARRAY_CHANGED: {
    message: `An enum array at path 'PATH' in the NEW schema has other values than in the OLD schema`,
    advice: 'Keep the values that may have been written, and add new ones.',
  },
  PATTERN_ADDED: added('"pattern"'),
  PATTERN_CHANGED: {
    message: `The pattern at path 'PATH' is different between the NEW schema and the OLD schema`,
    advice: "Keep the pattern, or leave it out: whether another one takes all that the OLD one takes can't be told.",
  },
  MULTIPLE_OF_CHANGED: {
    message: `The value of multipleOf at path 'PATH' in the NEW schema is no divisor of that in the OLD schema`,
    advice: 'Keep "multipleOf", or choose a divisor of it.',
  },
  MULTIPLE_OF_EXPANDED: {
    message: `The value of multipleOf at path 'PATH' in the NEW schema is a multiple of that in the OLD schema`,
    advice: 'Keep "multipleOf", or choose a divisor of it.',
  },
  PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL: {
    message: `The OLD schema has an open content model and has no property or item at path 'PATH', which the NEW schema has: it may have been written with another type`,
    advice: OPEN_ADDED,
  },
  REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL: {
    message: `The NEW schema requires a property at path 'PATH' that is missing in the OLD schema, and gives it no default`,
    advice: 'Do not require the property, or give it a "default".',
  },
  REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL: {
    message: `The NEW schema requires a property at path 'PATH' that the OLD schema, which has no open content model, does not let through`,
    advice: 'Do not require the property, or give it a "default".',
  },
  PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: {
    message: `The property or item at path 'PATH' in the NEW schema does not take what the partially open content model of the OLD schema lets through there`,
    advice:
      'Give the property a schema that takes all that "patternProperties" or "additionalProperties" of the OLD schema take.',
  },
  PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL: {
    message: `The NEW schema has a closed content model and lacks a property or item at path 'PATH' that is present in the OLD schema`,
    advice: 'Keep the property, open the model ("additionalProperties": true), or compare with the policy LENIENT.',
  },
  PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: {
    message: `The partially open content model of the NEW schema does not take what the property or item at path 'PATH' of the OLD schema is`,
    advice: 'Keep the property, or widen "patternProperties" or "additionalProperties" so that they take it.',
  },
  REQUIRED_ATTRIBUTE_ADDED: {
    message: `The NEW schema requires the attribute at path 'PATH', which is not required in the OLD schema`,
    advice: 'Do not require it, or give the property a "default".',
  },
  ADDITIONAL_PROPERTIES_REMOVED: {
    message: `The NEW schema has a closed content model at path 'PATH', and the OLD schema an open one`,
    advice: 'Leave the model open: what was written may have other properties.',
  },
  ADDITIONAL_PROPERTIES_NARROWED: {
    message: `The NEW schema limits additional properties at path 'PATH', and the OLD schema does not`,
    advice: 'Leave the model open: what was written may have other properties of any type.',
  },
  PATTERN_PROPERTY_ADDED: {
    message: `The pattern at path 'PATH' in the NEW schema limits properties that the OLD schema lets through with any value`,
    advice: 'Leave the pattern out, or close the model of the OLD schema first.',
  },
  PATTERN_PROPERTY_REMOVED: {
    message: `The NEW schema lacks the pattern at path 'PATH', and its additional properties do not take what the OLD schema takes by it`,
    advice: 'Keep the pattern, or widen "additionalProperties".',
  },
  PROPERTY_NAMES_ADDED: added('"propertyNames"'),
  DEPENDENCY_ARRAY_ADDED: added('the dependency'),
  DEPENDENCY_ARRAY_EXTENDED: {
    message: `The dependency at path 'PATH' in the NEW schema asks for properties that it does not ask for in the OLD schema`,
    advice: 'Ask for no more than before.',
  },
  DEPENDENCY_SCHEMA_ADDED: added('the dependency'),
  UNIQUE_ITEMS_ADDED: added('"uniqueItems"'),
  CONTAINS_ADDED: added('"contains"'),
  SCHEMA_ADDED: added('the schema of the items'),
  ADDITIONAL_ITEMS_REMOVED: {
    message: `The NEW schema takes no additional items at path 'PATH', and the OLD schema does`,
    advice: 'Leave additional items be: what was written may have them.',
  },
  ADDITIONAL_ITEMS_NARROWED: {
    message: `The NEW schema limits additional items at path 'PATH', and the OLD schema does not`,
    advice: 'Leave additional items be: what was written may have any.',
  },
  ITEM_ADDED_TO_OPEN_CONTENT_MODEL: {
    message: `The OLD schema has an open content model and has no property or item at path 'PATH', which the NEW schema has: it may have been written with another type`,
    advice: 'Close the tuple first ("additionalItems": false, or "items": false since 2020-12).',
  },
  ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: {
    message: `The property or item at path 'PATH' in the NEW schema does not take what the partially open content model of the OLD schema lets through there`,
    advice: 'Give the item a schema that takes all that additional items of the OLD schema may be.',
  },
  ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL: {
    message: `The NEW schema has a closed content model and lacks a property or item at path 'PATH' that is present in the OLD schema`,
    advice: 'Keep the item, or let additional items through.',
  },
  ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: {
    message: `The partially open content model of the NEW schema does not take what the property or item at path 'PATH' of the OLD schema is`,
    advice: 'Keep the item, or widen the schema of additional items.',
  },
  COMBINED_TYPE_CHANGED: {
    message: `A combined type at path 'PATH' is oneOf in the NEW schema and anyOf in the OLD schema`,
    advice: 'Keep anyOf: what fits several of its schemas fits no oneOf.',
  },
  COMBINED_TYPE_SUBSCHEMAS_CHANGED: {
    message: `A combined type at path 'PATH' has other subschemas in the NEW schema than in the OLD schema`,
    advice: 'Keep each subschema, or loosen it, and add others beside them.',
  },
  SUM_TYPE_NARROWED: {
    message: `A combined type at path 'PATH' has fewer alternatives in the NEW schema than in the OLD schema`,
    advice: 'Keep each alternative that may have been written.',
  },
  PRODUCT_TYPE_EXTENDED: {
    message: `A combined type at path 'PATH' has a condition in the NEW schema that it does not have in the OLD schema`,
    advice: 'Do not add to "allOf": what was written may break it.',
  },
  NOT_TYPE_ADDED: added('"not"'),
  NOT_TYPE_NARROWED: {
    message: `The schema of not at path 'PATH' in the NEW schema forbids more than in the OLD schema`,
    advice: 'Forbid no more than before.',
  },
  CONDITION_ADDED: added('"if"'),
  CONDITION_CHANGED: {
    message: `The condition at path 'PATH' is different between the NEW schema and the OLD schema`,
    advice: 'Keep "if" as it is, and loosen "then" and "else" alone.',
  },
}

function textOf(kind: string): Text {
  if (Object.hasOwn(TEXTS, kind)) return TEXTS[kind]
  return kind.endsWith('_ADDED') ? added('it') : tighter('it')
}

export function messageFor(kind: string, path: string, sides: Sides): string {
  return fill(textOf(kind).message, sides).replaceAll('PATH', () => path)
}

export function adviceFor(kind: string, sides: Sides): string {
  return fill(textOf(kind).advice, sides)
}

function fill(text: string, sides: Sides): string {
  return text.replaceAll('NEW', sides.reader).replaceAll('OLD', sides.writer)
}
