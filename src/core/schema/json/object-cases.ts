/*
 * Objects with open, closed and partially open content models, combined schemas, references. A line is a case: what it is, the new schema, the old one, and what keeps them apart,
 * kind and place, nothing if they fit. The line with # before says where the expectation comes from:
 *
 * - Confluent's page "JSON Schema Serializer and Deserializer", section "JSON Schema compatibility rules", and the article it is built on,
 *   "Understanding JSON Schema Compatibility" (yokota.blog, 2021-03-29): a change is backward compatible if the new schema takes all that the old
 *   one takes; and what open, closed and partially open content models are.
 * - What a keyword takes is said by JSON Schema Validation and Core (2020-12): the section is named.
 */
export const OBJECT_CASES = `
# Confluent, compatibility policy LENIENT, and schema-registry pull request 4292: optional, required, and required with a default, in open and closed models
an optional property is added to an open model | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}} | {"type":"object","properties":{"a":{"type":"string"}}} | PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/b
a required property is added to an open model | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["b"]} | {"type":"object","properties":{"a":{"type":"string"}}} | PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/b
a required property with a default is added to an open model | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string","default":""}},"required":["b"]} | {"type":"object","properties":{"a":{"type":"string"}}} | PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/b
an optional property is removed from an open model | {"type":"object","properties":{"a":{"type":"string"}}} | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}} |
a required property is removed from an open model | {"type":"object","properties":{"a":{"type":"string"}}} | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["b"]} |
a required property with a default is removed from an open model | {"type":"object","properties":{"a":{"type":"string"}}} | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string","default":""}},"required":["b"]} |
an optional property is added to a closed model | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"additionalProperties":false} | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} |
a required property is added to a closed model | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"additionalProperties":false,"required":["b"]} | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} | REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL #/properties/b
a required property with a default is added to a closed model | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string","default":""}},"additionalProperties":false,"required":["b"]} | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} |
an optional property is removed from a closed model | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"additionalProperties":false} | PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL #/properties/b
a required property is removed from a closed model | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"additionalProperties":false,"required":["b"]} | PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL #/properties/b
a required property with a default is removed from a closed model | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string","default":""}},"additionalProperties":false,"required":["b"]} | PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL #/properties/b

LENIENT # Confluent, compatibility policy LENIENT, and schema-registry pull request 4292: optional, required, and required with a default, in open and closed models
an optional property is added to an open model | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}} | {"type":"object","properties":{"a":{"type":"string"}}} |
a required property is added to an open model | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["b"]} | {"type":"object","properties":{"a":{"type":"string"}}} | REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/b
a required property with a default is added to an open model | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string","default":""}},"required":["b"]} | {"type":"object","properties":{"a":{"type":"string"}}} |
an optional property is removed from an open model | {"type":"object","properties":{"a":{"type":"string"}}} | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}} |
a required property is removed from an open model | {"type":"object","properties":{"a":{"type":"string"}}} | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["b"]} |
a required property with a default is removed from an open model | {"type":"object","properties":{"a":{"type":"string"}}} | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string","default":""}},"required":["b"]} |
an optional property is added to a closed model | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"additionalProperties":false} | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} |
a required property is added to a closed model | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"additionalProperties":false,"required":["b"]} | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} | REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL #/properties/b
a required property with a default is added to a closed model | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string","default":""}},"additionalProperties":false,"required":["b"]} | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} |
an optional property is removed from a closed model | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"additionalProperties":false} |
a required property is removed from a closed model | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"additionalProperties":false,"required":["b"]} |
a required property with a default is removed from a closed model | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string","default":""}},"additionalProperties":false,"required":["b"]} |
types count all the same | {"type":"object","properties":{"a":{"type":"integer"}}} | {"type":"object","properties":{"a":{"type":"string"}}} | TYPE_CHANGED #/properties/a
what becomes required counts all the same | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["b"]} | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}} | REQUIRED_ATTRIBUTE_ADDED #/required/b

# Confluent, JSON Schema compatibility rules: open content model
the same | {"type":"object","properties":{"a":{"type":"string"}}} | {"type":"object","properties":{"a":{"type":"string"}}} |
a property without constraint is added | {"type":"object","properties":{"a":{"type":"string"},"b":{}}} | {"type":"object","properties":{"a":{"type":"string"}}} |
a property that is true is added | {"type":"object","properties":{"a":{"type":"string"},"b":true}} | {"type":"object","properties":{"a":{"type":"string"}}} |
a property without constraint is added and required | {"type":"object","properties":{"b":{}},"required":["b"]} | {"type":"object","properties":{}} | REQUIRED_ATTRIBUTE_ADDED #/properties/b
a property is widened | {"type":"object","properties":{"a":{"type":"number"}}} | {"type":"object","properties":{"a":{"type":"integer"}}} |
a property is narrowed | {"type":"object","properties":{"a":{"type":"integer"}}} | {"type":"object","properties":{"a":{"type":"number"}}} | TYPE_NARROWED #/properties/a
a property within a property is added | {"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"string"}}}}} | {"type":"object","properties":{"a":{"type":"object","properties":{}}}} | PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/a/properties/b
additionalProperties: true is as good as nothing | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":true} | {"type":"object","properties":{"a":{"type":"string"}}} |
the model is closed | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} | {"type":"object","properties":{"a":{"type":"string"}}} | ADDITIONAL_PROPERTIES_REMOVED #/additionalProperties
the model is limited | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":{"type":"string"}} | {"type":"object","properties":{"a":{"type":"string"}}} | ADDITIONAL_PROPERTIES_NARROWED #/additionalProperties
title and description mean nothing | {"type":"object","properties":{"a":{"type":"string","title":"A","description":"x"}}} | {"type":"object","properties":{"a":{"type":"string"}}} |
a default means nothing for what is there | {"type":"object","properties":{"a":{"type":"string","default":""}}} | {"type":"object","properties":{"a":{"type":"string"}}} |
a name with a slash | {"type":"object","properties":{"a/b":{"type":"integer"}}} | {"type":"object","properties":{"a/b":{"type":"string"}}} | TYPE_CHANGED #/properties/a~1b

# Confluent, JSON Schema compatibility rules: closed content model
the model is opened | {"type":"object","properties":{"a":{"type":"string"}}} | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} |
the model is opened for texts | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":{"type":"string"}} | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} |
a property that nobody could write is removed | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} | {"type":"object","properties":{"a":{"type":"string"},"b":false},"additionalProperties":false} |
a property is removed and the model opened | {"type":"object","properties":{}} | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} |
two properties change places | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} | {"type":"object","properties":{"b":{"type":"string"}},"additionalProperties":false} | PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL #/properties/b

# Confluent, JSON Schema compatibility rules: partially open content model
a property that is covered is added | {"type":"object","properties":{"b":{"type":"string"}},"additionalProperties":{"type":"string"}} | {"type":"object","properties":{},"additionalProperties":{"type":"string"}} |
a property that is not covered is added | {"type":"object","properties":{"b":{"type":"integer"}},"additionalProperties":{"type":"string"}} | {"type":"object","properties":{},"additionalProperties":{"type":"string"}} | PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/properties/b
a wider property is added | {"type":"object","properties":{"b":{"type":"number"}},"additionalProperties":{"type":"integer"}} | {"type":"object","properties":{},"additionalProperties":{"type":"integer"}} |
a required property is added | {"type":"object","properties":{"b":{"type":"string"}},"additionalProperties":{"type":"string"},"required":["b"]} | {"type":"object","properties":{},"additionalProperties":{"type":"string"}} | REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL #/properties/b
a property that is covered is removed | {"type":"object","properties":{},"additionalProperties":{"type":"string"}} | {"type":"object","properties":{"b":{"type":"string"}},"additionalProperties":{"type":"string"}} |
a property that is not covered is removed | {"type":"object","properties":{},"additionalProperties":{"type":"string"}} | {"type":"object","properties":{"b":{"type":"integer"}},"additionalProperties":{"type":"string"}} | PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/properties/b
a property that a pattern covers is added | {"type":"object","properties":{"s_b":{"type":"string"}},"additionalProperties":false,"patternProperties":{"^s_":{"type":"string"}}} | {"type":"object","properties":{},"additionalProperties":false,"patternProperties":{"^s_":{"type":"string"}}} |
a property that no pattern covers is added | {"type":"object","properties":{"b":{"type":"string"}},"additionalProperties":false,"patternProperties":{"^s_":{"type":"string"}}} | {"type":"object","properties":{},"additionalProperties":false,"patternProperties":{"^s_":{"type":"string"}}} |
a property that a pattern covers otherwise is added | {"type":"object","properties":{"s_b":{"type":"integer"}},"additionalProperties":false,"patternProperties":{"^s_":{"type":"string"}}} | {"type":"object","properties":{},"additionalProperties":false,"patternProperties":{"^s_":{"type":"string"}}} | PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/properties/s_b
a property that a pattern covers is removed | {"type":"object","properties":{},"additionalProperties":false,"patternProperties":{"^s_":{"type":"string"}}} | {"type":"object","properties":{"s_b":{"type":"string"}},"additionalProperties":false,"patternProperties":{"^s_":{"type":"string"}}} |
additional properties are widened | {"type":"object","properties":{},"additionalProperties":{"type":"number"}} | {"type":"object","properties":{},"additionalProperties":{"type":"integer"}} |
additional properties are narrowed | {"type":"object","properties":{},"additionalProperties":{"type":"integer"}} | {"type":"object","properties":{},"additionalProperties":{"type":"number"}} | TYPE_NARROWED #/additionalProperties
the model is closed | {"type":"object","properties":{},"additionalProperties":false} | {"type":"object","properties":{},"additionalProperties":{"type":"string"}} | ADDITIONAL_PROPERTIES_REMOVED #/additionalProperties
the model is opened | {"type":"object","properties":{}} | {"type":"object","properties":{},"additionalProperties":{"type":"string"}} |
a pattern is added to an open model | {"type":"object","properties":{},"patternProperties":{"^s_":{"type":"string"}}} | {"type":"object","properties":{}} | PATTERN_PROPERTY_ADDED #/patternProperties/^s_
a pattern is added to a closed model | {"type":"object","properties":{},"additionalProperties":false,"patternProperties":{"^s_":{"type":"string"}}} | {"type":"object","properties":{},"additionalProperties":false} |
a pattern is removed from a closed model | {"type":"object","properties":{},"additionalProperties":false} | {"type":"object","properties":{},"additionalProperties":false,"patternProperties":{"^s_":{"type":"string"}}} | PATTERN_PROPERTY_REMOVED #/patternProperties/^s_
a pattern is removed from an open model | {"type":"object","properties":{}} | {"type":"object","properties":{},"patternProperties":{"^s_":{"type":"string"}}} |
a pattern is widened | {"type":"object","properties":{},"additionalProperties":false,"patternProperties":{"^n_":{"type":"number"}}} | {"type":"object","properties":{},"additionalProperties":false,"patternProperties":{"^n_":{"type":"integer"}}} |
a pattern is narrowed | {"type":"object","properties":{},"additionalProperties":false,"patternProperties":{"^n_":{"type":"integer"}}} | {"type":"object","properties":{},"additionalProperties":false,"patternProperties":{"^n_":{"type":"number"}}} | TYPE_NARROWED #/patternProperties/^n_
a pattern beside one with another beginning | {"type":"object","properties":{},"additionalProperties":false,"patternProperties":{"^s_":{"type":"string"},"^n_":{"type":"number"}}} | {"type":"object","properties":{},"additionalProperties":false,"patternProperties":{"^s_":{"type":"string"}}} |

# JSON Schema Validation (2020-12) 6.5.3 required
a property becomes required | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["b"]} | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}} | REQUIRED_ATTRIBUTE_ADDED #/required/b
a property with a default becomes required | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string","default":""}},"required":["b"]} | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}} |
a property ceases to be required | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}} | {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["b"]} |
a property that no schema names becomes required | {"type":"object","properties":{},"required":["b"]} | {"type":"object","properties":{}} | REQUIRED_ATTRIBUTE_ADDED #/required/b
required within a property | {"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"string"}},"required":["b"]}}} | {"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"string"}}}}} | REQUIRED_ATTRIBUTE_ADDED #/properties/a/required/b

# JSON Schema Validation (2020-12) 6.5 objects
maxProperties added | {"type":"object","maxProperties":2} | {"type":"object"} | MAX_PROPERTIES_ADDED #/maxProperties
maxProperties lowered | {"type":"object","maxProperties":2} | {"type":"object","maxProperties":3} | MAX_PROPERTIES_DECREASED #/maxProperties
maxProperties raised | {"type":"object","maxProperties":3} | {"type":"object","maxProperties":2} |
minProperties added | {"type":"object","minProperties":2} | {"type":"object"} | MIN_PROPERTIES_ADDED #/minProperties
minProperties raised | {"type":"object","minProperties":2} | {"type":"object","minProperties":1} | MIN_PROPERTIES_INCREASED #/minProperties
minProperties lowered | {"type":"object","minProperties":1} | {"type":"object","minProperties":2} |
propertyNames added | {"type":"object","propertyNames":{"maxLength":3}} | {"type":"object"} | PROPERTY_NAMES_ADDED #/propertyNames
propertyNames tightened | {"type":"object","propertyNames":{"maxLength":3}} | {"type":"object","propertyNames":{"maxLength":4}} | MAX_LENGTH_DECREASED #/propertyNames/maxLength
propertyNames loosened | {"type":"object","propertyNames":{"maxLength":4}} | {"type":"object","propertyNames":{"maxLength":3}} |
a dependency added | {"type":"object","dependencies":{"a":["b"]}} | {"type":"object"} | DEPENDENCY_ARRAY_ADDED #/dependencies/a
a dependency extended | {"type":"object","dependencies":{"a":["b","c"]}} | {"type":"object","dependencies":{"a":["b"]}} | DEPENDENCY_ARRAY_EXTENDED #/dependencies/a
a dependency narrowed | {"type":"object","dependencies":{"a":["b"]}} | {"type":"object","dependencies":{"a":["b","c"]}} |
a dependency taken away | {"type":"object"} | {"type":"object","dependencies":{"a":["b"]}} |
a dependency on what is required anyway | {"type":"object","dependencies":{"a":["b"]}} | {"type":"object","required":["b"]} |
2019-09: dependentRequired as dependencies were | {"$schema":"https://json-schema.org/draft/2019-09/schema","type":"object","dependentRequired":{"a":["b"]}} | {"type":"object","dependencies":{"a":["b"]}} |
a schema of a dependency added | {"type":"object","dependencies":{"a":{"minProperties":2}}} | {"type":"object"} | DEPENDENCY_SCHEMA_ADDED #/dependencies/a
a schema of a dependency tightened | {"type":"object","dependencies":{"a":{"minProperties":3}}} | {"type":"object","dependencies":{"a":{"minProperties":2}}} | MIN_PROPERTIES_INCREASED #/dependencies/a/minProperties
a schema of a dependency loosened | {"type":"object","dependencies":{"a":{"minProperties":2}}} | {"type":"object","dependencies":{"a":{"minProperties":3}}} |
2019-09: unevaluatedProperties added | {"$schema":"https://json-schema.org/draft/2019-09/schema","type":"object","unevaluatedProperties":false} | {"$schema":"https://json-schema.org/draft/2019-09/schema","type":"object"} | UNEVALUATED_PROPERTIES_ADDED #/unevaluatedProperties
2019-09: unevaluatedProperties kept | {"$schema":"https://json-schema.org/draft/2019-09/schema","type":"object","unevaluatedProperties":false} | {"$schema":"https://json-schema.org/draft/2019-09/schema","type":"object","unevaluatedProperties":false} |

# Confluent, JSON Schema compatibility rules: combined schemas (allOf, anyOf, oneOf, not)
oneOf gets an alternative | {"oneOf":[{"type":"string"},{"type":"integer"}]} | {"oneOf":[{"type":"string"}]} |
oneOf loses an alternative | {"oneOf":[{"type":"string"}]} | {"oneOf":[{"type":"string"},{"type":"integer"}]} | SUM_TYPE_NARROWED #/oneOf
oneOf in another order | {"oneOf":[{"type":"integer"},{"type":"string"}]} | {"oneOf":[{"type":"string"},{"type":"integer"}]} |
an alternative is widened | {"oneOf":[{"type":"string"},{"type":"number"}]} | {"oneOf":[{"type":"string"},{"type":"integer"}]} |
an alternative is narrowed | {"oneOf":[{"type":"string"},{"type":"integer"}]} | {"oneOf":[{"type":"string"},{"type":"number"}]} | COMBINED_TYPE_SUBSCHEMAS_CHANGED #/oneOf
an alternative becomes another | {"oneOf":[{"type":"string"},{"type":"boolean"}]} | {"oneOf":[{"type":"string"},{"type":"integer"}]} | COMBINED_TYPE_SUBSCHEMAS_CHANGED #/oneOf
anyOf gets an alternative | {"anyOf":[{"type":"string"},{"type":"integer"}]} | {"anyOf":[{"type":"string"}]} |
anyOf loses an alternative | {"anyOf":[{"type":"string"}]} | {"anyOf":[{"type":"string"},{"type":"integer"}]} | SUM_TYPE_NARROWED #/anyOf
oneOf becomes anyOf | {"anyOf":[{"type":"string"},{"type":"integer"}]} | {"oneOf":[{"type":"string"},{"type":"integer"}]} |
anyOf becomes oneOf | {"oneOf":[{"type":"string"},{"type":"integer"}]} | {"anyOf":[{"type":"string"},{"type":"integer"}]} | COMBINED_TYPE_CHANGED #/oneOf
a type becomes one of several | {"oneOf":[{"type":"string"},{"type":"integer"}]} | {"type":"string"} |
a type becomes one of others | {"oneOf":[{"type":"boolean"},{"type":"integer"}]} | {"type":"string"} | TYPE_CHANGED #/oneOf
one of several becomes a type | {"type":"string"} | {"oneOf":[{"type":"string"},{"type":"integer"}]} | TYPE_CHANGED #
one of several becomes a list of types | {"type":["string","integer"]} | {"oneOf":[{"type":"string"},{"type":"integer"}]} |
a list of types becomes anyOf of them | {"anyOf":[{"type":"string"},{"type":"integer"}]} | {"type":["string","integer"]} | 
allOf loses a condition | {"allOf":[{"minLength":1}]} | {"type":"string","allOf":[{"minLength":1},{"maxLength":5}]} |
allOf gets a condition | {"type":"string","allOf":[{"minLength":1},{"maxLength":5}]} | {"type":"string","allOf":[{"minLength":1}]} | PRODUCT_TYPE_EXTENDED #/allOf/1
a condition of allOf is loosened | {"type":"string","allOf":[{"maxLength":6}]} | {"type":"string","allOf":[{"maxLength":5}]} |
a condition of allOf is tightened | {"type":"string","allOf":[{"maxLength":4}]} | {"type":"string","allOf":[{"maxLength":5}]} | MAX_LENGTH_DECREASED #/allOf/0/maxLength
allOf becomes its conditions | {"type":"string","minLength":1} | {"allOf":[{"type":"string"},{"minLength":1}]} |
conditions become allOf | {"allOf":[{"type":"string"},{"minLength":1}]} | {"type":"string","minLength":1} |
allOf becomes anyOf | {"anyOf":[{"type":"string"},{"minLength":1}]} | {"allOf":[{"type":"string"},{"minLength":1}]} |
anyOf becomes allOf | {"allOf":[{"type":"string"},{"minLength":1}]} | {"anyOf":[{"type":"string"},{"minLength":1}]} | PRODUCT_TYPE_EXTENDED #/allOf/1, PRODUCT_TYPE_EXTENDED #/allOf/0
not is loosened | {"not":{"type":"integer"}} | {"not":{"type":"number"}} |
not is tightened | {"not":{"type":"number"}} | {"not":{"type":"integer"}} | NOT_TYPE_NARROWED #/not
not is added | {"not":{"type":"integer"}} | {} | NOT_TYPE_ADDED #/not
not is added where it never held | {"type":"string","not":{"type":"integer"}} | {"type":"string"} |
not is taken away | {} | {"not":{"type":"integer"}} |
a property within an alternative is widened | {"oneOf":[{"type":"object","properties":{"a":{"type":"number"}},"additionalProperties":false}]} | {"oneOf":[{"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":false}]} |
a condition is kept and its consequence loosened | {"if":{"minimum":5},"then":{"maximum":20}} | {"if":{"minimum":5},"then":{"maximum":10}} |
a condition is kept and its consequence tightened | {"if":{"minimum":5},"then":{"maximum":10}} | {"if":{"minimum":5},"then":{"maximum":20}} | MAXIMUM_DECREASED #/then/maximum
a condition is added | {"if":{"minimum":5},"then":{"maximum":10}} | {} | CONDITION_ADDED #/if
a condition is changed | {"if":{"minimum":6},"then":{"maximum":10}} | {"if":{"minimum":5},"then":{"maximum":10}} | CONDITION_CHANGED #/if
a condition is taken away | {} | {"if":{"minimum":5},"then":{"maximum":10}} |

# JSON Schema Core 8.2.3 $ref, 8.2.4 $defs (definitions up to draft 7)
a definition is used | {"type":"object","properties":{"a":{"$ref":"#/definitions/t"}},"definitions":{"t":{"type":"string"}}} | {"type":"object","properties":{"a":{"type":"string"}}} |
a definition is no longer used | {"type":"object","properties":{"a":{"type":"string"}}} | {"type":"object","properties":{"a":{"$ref":"#/definitions/t"}},"definitions":{"t":{"type":"string"}}} |
a definition is narrowed | {"type":"object","properties":{"a":{"$ref":"#/definitions/t"}},"definitions":{"t":{"type":"integer"}}} | {"type":"object","properties":{"a":{"$ref":"#/definitions/t"}},"definitions":{"t":{"type":"number"}}} | TYPE_NARROWED #/properties/a
a definition that nobody uses is narrowed | {"type":"object","properties":{},"definitions":{"t":{"type":"integer"}}} | {"type":"object","properties":{},"definitions":{"t":{"type":"number"}}} |
definitions become $defs | {"$schema":"https://json-schema.org/draft/2019-09/schema","type":"object","properties":{"a":{"$ref":"#/$defs/t"}},"$defs":{"t":{"type":"string"}}} | {"type":"object","properties":{"a":{"$ref":"#/definitions/t"}},"definitions":{"t":{"type":"string"}}} |
up to draft 7 nothing counts beside $ref | {"type":"object","properties":{"a":{"$ref":"#/definitions/t","maxLength":1}},"definitions":{"t":{"type":"string"}}} | {"type":"object","properties":{"a":{"type":"string"}}} |
since 2019-09 it does | {"$schema":"https://json-schema.org/draft/2019-09/schema","type":"object","properties":{"a":{"$ref":"#/$defs/t","maxLength":1}},"$defs":{"t":{"type":"string"}}} | {"$schema":"https://json-schema.org/draft/2019-09/schema","type":"object","properties":{"a":{"type":"string"}}} | MAX_LENGTH_ADDED #/properties/a/maxLength
an anchor | {"$schema":"https://json-schema.org/draft/2019-09/schema","type":"object","properties":{"a":{"$ref":"#t"}},"$defs":{"t":{"$anchor":"t","type":"string"}}} | {"$schema":"https://json-schema.org/draft/2019-09/schema","type":"object","properties":{"a":{"type":"string"}}} |
an id | {"type":"object","properties":{"a":{"$ref":"http://x.org/t"}},"definitions":{"t":{"$id":"http://x.org/t","type":"string"}}} | {"type":"object","properties":{"a":{"type":"string"}}} |
a schema in itself | {"type":"object","properties":{"next":{"$ref":"#"},"v":{"type":"number"}}} | {"type":"object","properties":{"next":{"$ref":"#"},"v":{"type":"integer"}}} |
a schema in itself is narrowed | {"type":"object","properties":{"next":{"$ref":"#"},"v":{"type":"integer"}}} | {"type":"object","properties":{"next":{"$ref":"#"},"v":{"type":"number"}}} | TYPE_NARROWED #/properties/v
the meta-schema is known without looking | {"type":"object","properties":{"a":{"$ref":"http://json-schema.org/draft-07/schema#"}}} | {"type":"object","properties":{"a":{"$ref":"http://json-schema.org/draft-07/schema#"}}} |
`
