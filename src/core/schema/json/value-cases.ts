/*
 * Each keyword that is not about objects: tightened, loosened, added, taken away. A line is a case: what it is, the new schema, the old one, and what keeps them apart,
 * kind and place, nothing if they fit. The line with # before says where the expectation comes from:
 *
 * - Confluent's page "JSON Schema Serializer and Deserializer", section "JSON Schema compatibility rules", and the article it is built on,
 *   "Understanding JSON Schema Compatibility" (yokota.blog, 2021-03-29): a change is backward compatible if the new schema takes all that the old
 *   one takes; and what open, closed and partially open content models are.
 * - What a keyword takes is said by JSON Schema Validation and Core (2020-12): the section is named.
 */
export const VALUE_CASES = `
# JSON Schema Validation (2020-12) 6.1.1 type
the same type | {"type":"string"} | {"type":"string"} |
another type | {"type":"string"} | {"type":"integer"} | TYPE_CHANGED #
integer becomes number | {"type":"number"} | {"type":"integer"} |
number becomes integer | {"type":"integer"} | {"type":"number"} | TYPE_NARROWED #
a type more | {"type":["string","null"]} | {"type":"string"} |
a type less | {"type":"string"} | {"type":["string","null"]} | TYPE_NARROWED #
types in another order | {"type":["null","string"]} | {"type":["string","null"]} |
integer and null become number and null | {"type":["number","null"]} | {"type":["integer","null"]} |
a type where there was none | {"type":"string"} | {} | TYPE_NARROWED #
no type any more | {} | {"type":"string"} |
true takes anything | true | {"type":"string"} |
false takes nothing | false | {"type":"string"} | TYPE_CHANGED #
false wrote nothing | {"type":"string"} | false |
true wrote anything | {"type":"string"} | true | TYPE_NARROWED #
false and false | false | false |

# JSON Schema Validation (2020-12) 6.1.2 enum
the same values | {"enum":["a","b"]} | {"enum":["b","a"]} |
a value more | {"enum":["a","b","c"]} | {"enum":["a","b"]} |
a value less | {"enum":["a"]} | {"enum":["a","b"]} | ENUM_ARRAY_NARROWED #/enum
other values | {"enum":["a","c"]} | {"enum":["a","b"]} | ENUM_ARRAY_CHANGED #/enum
values where there were none | {"type":"string","enum":["a"]} | {"type":"string"} | ENUM_ARRAY_ADDED #/enum
no values any more | {"type":"string"} | {"type":"string","enum":["a"]} |
values of the type | {"type":"integer"} | {"enum":[1,2]} |
values of another type | {"type":"integer"} | {"enum":[1,"a"]} | TYPE_NARROWED #
values that are objects, keys in another order | {"enum":[{"a":1,"b":2}]} | {"enum":[{"b":2,"a":1}]} |
an enum that keeps within a length | {"type":"string","maxLength":3} | {"enum":["abc","x"]} |
an enum that does not | {"type":"string","maxLength":2} | {"enum":["abc","x"]} | MAX_LENGTH_ADDED #/maxLength

# JSON Schema Validation (2020-12) 6.1.3 const
the same constant | {"const":1} | {"const":1} |
another constant | {"const":1} | {"const":2} | ENUM_ARRAY_CHANGED #/enum
a constant becomes an enum with it | {"enum":[1,2]} | {"const":1} |
an enum becomes one of its values | {"const":1} | {"enum":[1,2]} | ENUM_ARRAY_NARROWED #/enum

# JSON Schema Validation (2020-12) 6.2.1 multipleOf
multipleOf added | {"type":"number","multipleOf":2} | {"type":"number"} | MULTIPLE_OF_ADDED #/multipleOf
multipleOf taken away | {"type":"number"} | {"type":"number","multipleOf":2} |
a divisor | {"type":"number","multipleOf":5} | {"type":"number","multipleOf":10} |
a multiple | {"type":"number","multipleOf":10} | {"type":"number","multipleOf":5} | MULTIPLE_OF_EXPANDED #/multipleOf
neither | {"type":"number","multipleOf":3} | {"type":"number","multipleOf":2} | MULTIPLE_OF_CHANGED #/multipleOf
a divisor with fractions | {"type":"number","multipleOf":0.1} | {"type":"number","multipleOf":0.3} |
multiples of one are the whole numbers | {"type":"number","multipleOf":1} | {"type":"integer"} |

# JSON Schema Validation (2020-12) 6.2.2-6.2.5 minimum, maximum and the exclusive ones
maximum added | {"type":"integer","maximum":9} | {"type":"integer"} | MAXIMUM_ADDED #/maximum
maximum lowered | {"type":"integer","maximum":9} | {"type":"integer","maximum":10} | MAXIMUM_DECREASED #/maximum
maximum raised | {"type":"integer","maximum":10} | {"type":"integer","maximum":9} |
maximum taken away | {"type":"integer"} | {"type":"integer","maximum":9} |
minimum added | {"type":"integer","minimum":1} | {"type":"integer"} | MINIMUM_ADDED #/minimum
minimum raised | {"type":"integer","minimum":1} | {"type":"integer","minimum":0} | MINIMUM_INCREASED #/minimum
minimum lowered | {"type":"integer","minimum":0} | {"type":"integer","minimum":1} |
minimum taken away | {"type":"integer"} | {"type":"integer","minimum":1} |
exclusiveMaximum added | {"type":"number","exclusiveMaximum":9} | {"type":"number"} | EXCLUSIVE_MAXIMUM_ADDED #/exclusiveMaximum
exclusiveMaximum lowered | {"type":"number","exclusiveMaximum":9} | {"type":"number","exclusiveMaximum":10} | EXCLUSIVE_MAXIMUM_DECREASED #/exclusiveMaximum
exclusiveMaximum raised | {"type":"number","exclusiveMaximum":10} | {"type":"number","exclusiveMaximum":9} |
exclusiveMinimum added | {"type":"number","exclusiveMinimum":0} | {"type":"number"} | EXCLUSIVE_MINIMUM_ADDED #/exclusiveMinimum
exclusiveMinimum raised | {"type":"number","exclusiveMinimum":1} | {"type":"number","exclusiveMinimum":0} | EXCLUSIVE_MINIMUM_INCREASED #/exclusiveMinimum
exclusiveMinimum lowered | {"type":"number","exclusiveMinimum":0} | {"type":"number","exclusiveMinimum":1} |
exclusive becomes inclusive | {"type":"number","minimum":0} | {"type":"number","exclusiveMinimum":0} |
inclusive becomes exclusive | {"type":"number","exclusiveMinimum":0} | {"type":"number","minimum":0} | EXCLUSIVE_MINIMUM_ADDED #/exclusiveMinimum
draft 4: the flag taken away | {"$schema":"http://json-schema.org/draft-04/schema#","type":"number","minimum":0} | {"$schema":"http://json-schema.org/draft-04/schema#","type":"number","minimum":0,"exclusiveMinimum":true} |
draft 4: the flag added | {"$schema":"http://json-schema.org/draft-04/schema#","type":"number","minimum":0,"exclusiveMinimum":true} | {"$schema":"http://json-schema.org/draft-04/schema#","type":"number","minimum":0} | EXCLUSIVE_MINIMUM_ADDED #/exclusiveMinimum
a limit of numbers is none of strings | {"type":["string","number"],"maximum":5} | {"type":"string"} |

# JSON Schema Validation (2020-12) 6.3 strings
maxLength added | {"type":"string","maxLength":5} | {"type":"string"} | MAX_LENGTH_ADDED #/maxLength
maxLength lowered | {"type":"string","maxLength":5} | {"type":"string","maxLength":6} | MAX_LENGTH_DECREASED #/maxLength
maxLength raised | {"type":"string","maxLength":6} | {"type":"string","maxLength":5} |
maxLength taken away | {"type":"string"} | {"type":"string","maxLength":5} |
minLength added | {"type":"string","minLength":1} | {"type":"string"} | MIN_LENGTH_ADDED #/minLength
minLength of nothing added | {"type":"string","minLength":0} | {"type":"string"} |
minLength raised | {"type":"string","minLength":2} | {"type":"string","minLength":1} | MIN_LENGTH_INCREASED #/minLength
minLength lowered | {"type":"string","minLength":1} | {"type":"string","minLength":2} |
minLength taken away | {"type":"string"} | {"type":"string","minLength":2} |
pattern added | {"type":"string","pattern":"^a"} | {"type":"string"} | PATTERN_ADDED #/pattern
pattern changed | {"type":"string","pattern":"^a"} | {"type":"string","pattern":"^b"} | PATTERN_CHANGED #/pattern
pattern kept | {"type":"string","pattern":"^a"} | {"type":"string","pattern":"^a"} |
pattern taken away | {"type":"string"} | {"type":"string","pattern":"^a"} |
format means nothing | {"type":"string","format":"email"} | {"type":"string"} |

# JSON Schema Validation (2020-12) 6.4 arrays, and JSON Schema Core 10.3.1
maxItems added | {"type":"array","maxItems":5} | {"type":"array"} | MAX_ITEMS_ADDED #/maxItems
maxItems lowered | {"type":"array","maxItems":5} | {"type":"array","maxItems":6} | MAX_ITEMS_DECREASED #/maxItems
maxItems raised | {"type":"array","maxItems":6} | {"type":"array","maxItems":5} |
minItems added | {"type":"array","minItems":1} | {"type":"array"} | MIN_ITEMS_ADDED #/minItems
minItems raised | {"type":"array","minItems":2} | {"type":"array","minItems":1} | MIN_ITEMS_INCREASED #/minItems
minItems lowered | {"type":"array","minItems":1} | {"type":"array","minItems":2} |
uniqueItems added | {"type":"array","uniqueItems":true} | {"type":"array"} | UNIQUE_ITEMS_ADDED #/uniqueItems
uniqueItems taken away | {"type":"array"} | {"type":"array","uniqueItems":true} |
items of a wider type | {"type":"array","items":{"type":"number"}} | {"type":"array","items":{"type":"integer"}} |
items of a narrower type | {"type":"array","items":{"type":"integer"}} | {"type":"array","items":{"type":"number"}} | TYPE_NARROWED #/items
items get a schema | {"type":"array","items":{"type":"string"}} | {"type":"array"} | SCHEMA_ADDED #/items
items lose their schema | {"type":"array"} | {"type":"array","items":{"type":"string"}} |
contains added | {"type":"array","contains":{"type":"string"}} | {"type":"array"} | CONTAINS_ADDED #/contains
contains loosened | {"type":"array","contains":{"type":"number"}} | {"type":"array","contains":{"type":"integer"}} |
contains tightened | {"type":"array","contains":{"type":"integer"}} | {"type":"array","contains":{"type":"number"}} | TYPE_NARROWED #/contains
contains taken away | {"type":"array"} | {"type":"array","contains":{"type":"integer"}} |
an open tuple gets an item | {"items":[{"type":"string"},{"type":"string"}],"type":"array"} | {"items":[{"type":"string"}],"type":"array"} | ITEM_ADDED_TO_OPEN_CONTENT_MODEL #/items/1
an open tuple gets an item of any type | {"items":[{"type":"string"},{}],"type":"array"} | {"items":[{"type":"string"}],"type":"array"} |
an open tuple loses an item | {"items":[{"type":"string"}],"type":"array"} | {"items":[{"type":"string"},{"type":"string"}],"type":"array"} |
a closed tuple gets an item | {"type":"array","items":[{"type":"string"},{"type":"string"}],"additionalItems":false} | {"type":"array","items":[{"type":"string"}],"additionalItems":false} |
a closed tuple loses an item | {"type":"array","items":[{"type":"string"}],"additionalItems":false} | {"type":"array","items":[{"type":"string"},{"type":"string"}],"additionalItems":false} | ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL #/items/1
a partially open tuple gets an item that is covered | {"type":"array","items":[{"type":"string"},{"type":"number"}],"additionalItems":{"type":"integer"}} | {"type":"array","items":[{"type":"string"}],"additionalItems":{"type":"integer"}} |
a partially open tuple gets an item that is not | {"type":"array","items":[{"type":"string"},{"type":"string"}],"additionalItems":{"type":"integer"}} | {"type":"array","items":[{"type":"string"}],"additionalItems":{"type":"integer"}} | ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/items/1
a partially open tuple loses an item that is covered | {"type":"array","items":[{"type":"string"}],"additionalItems":{"type":"number"}} | {"type":"array","items":[{"type":"string"},{"type":"integer"}],"additionalItems":{"type":"number"}} |
a partially open tuple loses an item that is not | {"type":"array","items":[{"type":"string"}],"additionalItems":{"type":"number"}} | {"type":"array","items":[{"type":"string"},{"type":"string"}],"additionalItems":{"type":"number"}} | ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/items/1
an item of a tuple widened | {"type":"array","items":[{"type":"number"}]} | {"type":"array","items":[{"type":"integer"}]} |
an item of a tuple narrowed | {"type":"array","items":[{"type":"integer"}]} | {"type":"array","items":[{"type":"number"}]} | TYPE_NARROWED #/items/0
a tuple is closed | {"type":"array","items":[{"type":"string"}],"additionalItems":false} | {"type":"array","items":[{"type":"string"}]} | ADDITIONAL_ITEMS_REMOVED #/additionalItems
a tuple is opened | {"type":"array","items":[{"type":"string"}]} | {"type":"array","items":[{"type":"string"}],"additionalItems":false} |
additional items get a schema | {"type":"array","items":[{"type":"string"}],"additionalItems":{"type":"string"}} | {"type":"array","items":[{"type":"string"}]} | ADDITIONAL_ITEMS_NARROWED #/additionalItems
additional items are widened | {"type":"array","items":[{"type":"string"}],"additionalItems":{"type":"number"}} | {"type":"array","items":[{"type":"string"}],"additionalItems":{"type":"integer"}} |
2020-12: prefixItems as a tuple was | {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"array","prefixItems":[{"type":"string"}],"items":false} | {"type":"array","items":[{"type":"string"}],"additionalItems":false} |
2020-12: an item of prefixItems added to an open tuple | {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"array","prefixItems":[{"type":"string"}]} | {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"array"} | ITEM_ADDED_TO_OPEN_CONTENT_MODEL #/items/0
`
