/*
 * What reads what, by the specification's "Schema Resolution". A line is a case: what it is, the reader's schema, the writer's, and what keeps them
 * apart, kind and place, nothing if they fit. The line with # before says which clause the expectation comes from.
 */
export const RESOLUTION_CASES = `
# Avro 1.12.0, Schema Resolution: what matches
an array reads an array | {"type":"array","items":"int"} | {"type":"array","items":"int"} |
items are promoted | {"type":"array","items":"long"} | {"type":"array","items":"int"} |
items are not demoted | {"type":"array","items":"int"} | {"type":"array","items":"long"} | TYPE_MISMATCH /items
an array does not read a map | {"type":"array","items":"int"} | {"type":"map","values":"int"} | TYPE_MISMATCH /
a map does not read an array | {"type":"map","values":"int"} | {"type":"array","items":"int"} | TYPE_MISMATCH /
a map reads a map | {"type":"map","values":"string"} | {"type":"map","values":"string"} |
values are promoted | {"type":"map","values":"double"} | {"type":"map","values":"float"} |
values are not demoted | {"type":"map","values":"float"} | {"type":"map","values":"double"} | TYPE_MISMATCH /values
arrays of arrays | {"type":"array","items":{"type":"array","items":"int"}} | {"type":"array","items":{"type":"array","items":"string"}} | TYPE_MISMATCH /items/items
a record does not read a map | {"type":"record","name":"R","fields":[]} | {"type":"map","values":"int"} | TYPE_MISMATCH /
a map does not read a record | {"type":"map","values":"int"} | {"type":"record","name":"R","fields":[]} | TYPE_MISMATCH /
an int does not read an enum | "int" | {"type":"enum","name":"E","symbols":["A"]} | TYPE_MISMATCH /
an enum does not read a string | {"type":"enum","name":"E","symbols":["A"]} | "string" | TYPE_MISMATCH /
bytes do not read a fixed | "bytes" | {"type":"fixed","name":"F","size":4} | TYPE_MISMATCH /
a fixed does not read bytes | {"type":"fixed","name":"F","size":4} | "bytes" | TYPE_MISMATCH /

# Avro 1.12.0, Schema Resolution: records, fields are matched by name
a record reads itself | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} |
fields in another order | {"type":"record","name":"R","fields":[{"name":"b","type":"int"},{"name":"a","type":"string"}]} | {"type":"record","name":"R","fields":[{"name":"a","type":"string"},{"name":"b","type":"int"}]} |
a field is promoted | {"type":"record","name":"R","fields":[{"name":"a","type":"long"}]} | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} |
a field of another type | {"type":"record","name":"R","fields":[{"name":"a","type":"string"}]} | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} | TYPE_MISMATCH /fields/0/type
two fields of other types | {"type":"record","name":"R","fields":[{"name":"a","type":"string"},{"name":"b","type":"int"}]} | {"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"string"}]} | TYPE_MISMATCH /fields/0/type, TYPE_MISMATCH /fields/1/type
names of fields are told apart by case | {"type":"record","name":"R","fields":[{"name":"A","type":"int"}]} | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} | READER_FIELD_MISSING_DEFAULT_VALUE /fields/0
order, doc and properties mean nothing | {"type":"record","name":"R","fields":[{"name":"a","type":"int","order":"descending","doc":"x","more":1}]} | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} |

# Avro 1.12.0, Schema Resolution: records, a field that only the reader has
a new field with a default | {"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int","default":1}]} | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} |
a new field without one | {"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]} | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} | READER_FIELD_MISSING_DEFAULT_VALUE /fields/1
a default of null is one | {"type":"record","name":"R","fields":[{"name":"b","type":["null","int"],"default":null}]} | {"type":"record","name":"R","fields":[]} |
a union with null is no default | {"type":"record","name":"R","fields":[{"name":"b","type":["null","int"]}]} | {"type":"record","name":"R","fields":[]} | READER_FIELD_MISSING_DEFAULT_VALUE /fields/0
an enum's default is not its field's | {"type":"record","name":"R","fields":[{"name":"b","type":{"type":"enum","name":"E","symbols":["A"],"default":"A"}}]} | {"type":"record","name":"R","fields":[]} | READER_FIELD_MISSING_DEFAULT_VALUE /fields/0
a default in the writer helps nobody | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} | {"type":"record","name":"R","fields":[{"name":"b","type":"int","default":1}]} | READER_FIELD_MISSING_DEFAULT_VALUE /fields/0
a default that is taken away does not matter while the field is written | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} | {"type":"record","name":"R","fields":[{"name":"a","type":"int","default":1}]} |
a new record within | {"type":"record","name":"R","fields":[{"name":"in","type":{"type":"record","name":"In","fields":[{"name":"x","type":"int"},{"name":"y","type":"int"}]}}]} | {"type":"record","name":"R","fields":[{"name":"in","type":{"type":"record","name":"In","fields":[{"name":"x","type":"int"}]}}]} | READER_FIELD_MISSING_DEFAULT_VALUE /fields/0/type/fields/1
a default with a record in it | {"type":"record","name":"R","fields":[{"name":"in","type":{"type":"record","name":"In","fields":[{"name":"x","type":"int"}]},"default":{"x":1}}]} | {"type":"record","name":"R","fields":[]} |

# Avro 1.12.0, Schema Resolution: records, a field that only the writer has
a field less | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} | {"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"string"}]} |
no field left | {"type":"record","name":"R","fields":[]} | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} |
a field less, with a type that the reader does not know | {"type":"record","name":"R","fields":[]} | {"type":"record","name":"R","fields":[{"name":"a","type":{"type":"record","name":"Gone","fields":[]}}]} |

# Avro 1.12.0, Schema Resolution: unqualified names match
another name | {"type":"record","name":"Q","fields":[]} | {"type":"record","name":"R","fields":[]} | NAME_MISMATCH /name
another namespace | {"type":"record","name":"R","fields":[],"namespace":"x"} | {"type":"record","name":"R","fields":[],"namespace":"y"} |
a name with and without its namespace | {"type":"record","name":"x.R","fields":[]} | {"type":"record","name":"R","fields":[],"namespace":"x"} |
another name of an enum | {"type":"enum","name":"Q","symbols":["A"]} | {"type":"enum","name":"E","symbols":["A"]} | NAME_MISMATCH /name
another namespace of an enum | {"type":"enum","name":"E","symbols":["A"],"namespace":"x"} | {"type":"enum","name":"E","symbols":["A"]} |
another name of a fixed | {"type":"fixed","name":"Q","size":4} | {"type":"fixed","name":"F","size":4} | NAME_MISMATCH /name
another namespace of a fixed | {"type":"fixed","name":"F","size":4,"namespace":"x"} | {"type":"fixed","name":"F","size":4} |
an error reads a record of its name | {"type":"error","name":"R","fields":[]} | {"type":"record","name":"R","fields":[]} |
another name within | {"type":"record","name":"R","fields":[{"name":"in","type":{"type":"record","name":"B","fields":[]}}]} | {"type":"record","name":"R","fields":[{"name":"in","type":{"type":"record","name":"A","fields":[]}}]} | NAME_MISMATCH /fields/0/type/name

# Avro 1.12.0, Aliases
an alias of a record | {"type":"record","name":"Q","fields":[],"aliases":["R"]} | {"type":"record","name":"R","fields":[]} |
an alias in the same namespace | {"type":"record","name":"Q","fields":[],"namespace":"x","aliases":["R"]} | {"type":"record","name":"R","fields":[],"namespace":"x"} |
an alias in another namespace | {"type":"record","name":"Q","fields":[],"namespace":"x","aliases":["y.R"]} | {"type":"record","name":"R","fields":[],"namespace":"y"} |
an alias in the wrong namespace | {"type":"record","name":"Q","fields":[],"namespace":"x","aliases":["R"]} | {"type":"record","name":"R","fields":[],"namespace":"y"} | NAME_MISMATCH /name
the writer's alias means nothing | {"type":"record","name":"R","fields":[]} | {"type":"record","name":"Q","fields":[],"aliases":["R"]} | NAME_MISMATCH /name
an alias of an enum | {"type":"enum","name":"Q","symbols":["A"],"aliases":["E"]} | {"type":"enum","name":"E","symbols":["A"]} |
an alias of a fixed | {"type":"fixed","name":"Q","size":4,"aliases":["F"]} | {"type":"fixed","name":"F","size":4} |
an alias of a field | {"type":"record","name":"R","fields":[{"name":"b","type":"int","aliases":["a"]}]} | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} |
an alias of a field, promoted | {"type":"record","name":"R","fields":[{"name":"b","type":"long","aliases":["a"]}]} | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} |
an alias of a field of another type | {"type":"record","name":"R","fields":[{"name":"b","type":"string","aliases":["a"]}]} | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} | TYPE_MISMATCH /fields/0/type
the second alias of a field | {"type":"record","name":"R","fields":[{"name":"c","type":"int","aliases":["b","a"]}]} | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} |
an alias that nobody wrote | {"type":"record","name":"R","fields":[{"name":"c","type":"int","aliases":["b"]}]} | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} | READER_FIELD_MISSING_DEFAULT_VALUE /fields/0
the writer's alias of a field means nothing | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} | {"type":"record","name":"R","fields":[{"name":"b","type":"int","aliases":["a"]}]} | READER_FIELD_MISSING_DEFAULT_VALUE /fields/0

# Avro 1.12.0, Schema Resolution: enums, and the default of an enum
an enum reads itself | {"type":"enum","name":"E","symbols":["A","B"]} | {"type":"enum","name":"E","symbols":["A","B"]} |
symbols in another order | {"type":"enum","name":"E","symbols":["B","A"]} | {"type":"enum","name":"E","symbols":["A","B"]} |
a new symbol | {"type":"enum","name":"E","symbols":["A","B","C"]} | {"type":"enum","name":"E","symbols":["A","B"]} |
a symbol less | {"type":"enum","name":"E","symbols":["A"]} | {"type":"enum","name":"E","symbols":["A","B"]} | MISSING_ENUM_SYMBOLS /symbols
a symbol less with a default | {"type":"enum","name":"E","symbols":["A"],"default":"A"} | {"type":"enum","name":"E","symbols":["A","B"]} |
a symbol less with the writer's default | {"type":"enum","name":"E","symbols":["A"]} | {"type":"enum","name":"E","symbols":["A","B"],"default":"A"} | MISSING_ENUM_SYMBOLS /symbols
other symbols in a field | {"type":"record","name":"R","fields":[{"name":"e","type":{"type":"enum","name":"E","symbols":["A"]}}]} | {"type":"record","name":"R","fields":[{"name":"e","type":{"type":"enum","name":"E","symbols":["B","C"]}}]} | MISSING_ENUM_SYMBOLS /fields/0/type/symbols
a field's default does not help an enum | {"type":"record","name":"R","fields":[{"name":"e","type":{"type":"enum","name":"E","symbols":["A"]},"default":"A"}]} | {"type":"record","name":"R","fields":[{"name":"e","type":{"type":"enum","name":"E","symbols":["B"]}}]} | MISSING_ENUM_SYMBOLS /fields/0/type/symbols

# Avro 1.12.0, Schema Resolution: fixed
a fixed reads itself | {"type":"fixed","name":"F","size":4} | {"type":"fixed","name":"F","size":4} |
another size | {"type":"fixed","name":"F","size":8} | {"type":"fixed","name":"F","size":4} | FIXED_SIZE_MISMATCH /size
a smaller size | {"type":"fixed","name":"F","size":2} | {"type":"fixed","name":"F","size":4} | FIXED_SIZE_MISMATCH /size
another name and another size | {"type":"fixed","name":"Q","size":8} | {"type":"fixed","name":"F","size":4} | NAME_MISMATCH /name, FIXED_SIZE_MISMATCH /size

# Avro 1.12.0, Schema Resolution: the reader's is a union
a union reads one of its types | ["null","string"] | "string" |
a union reads what is promoted to one | ["null","long"] | "int" |
a union lacks the type | ["null","string"] | "int" | MISSING_UNION_BRANCH /
a union with the record of that name | ["null",{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}] | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} |
a union whose record lacks a default | ["null",{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}] | {"type":"record","name":"R","fields":[]} | MISSING_UNION_BRANCH /
a union with a record of another name | ["null",{"type":"record","name":"Q","fields":[]}] | {"type":"record","name":"R","fields":[]} | MISSING_UNION_BRANCH /
a union with two records, the second fits | [{"type":"record","name":"Q","fields":[{"name":"a","type":"int"}]},{"type":"record","name":"R","fields":[]}] | {"type":"record","name":"R","fields":[]} |
an empty union reads nothing | [] | "int" | MISSING_UNION_BRANCH /
a field becomes optional | {"type":"record","name":"R","fields":[{"name":"a","type":["null","int"]}]} | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} |
a field becomes a union without its type | {"type":"record","name":"R","fields":[{"name":"a","type":["null","string"]}]} | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} | MISSING_UNION_BRANCH /fields/0/type

# Avro 1.12.0, Schema Resolution: the writer's is a union
a type reads a union of it alone | "string" | ["string"] |
a type does not read all of a union | "string" | ["null","string"] | TYPE_MISMATCH /0
a type reads a union of what is promoted to it | "double" | ["int","long","float"] |
a type reads an empty union | "int" | [] |
a field ceases to be optional | {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]} | {"type":"record","name":"R","fields":[{"name":"a","type":["null","int"]}]} | TYPE_MISMATCH /fields/0/type/0
two types of a union do not fit | "int" | ["null","string","int"] | TYPE_MISMATCH /0, TYPE_MISMATCH /1

# Avro 1.12.0, Schema Resolution: both are unions
a union reads itself | ["null","string"] | ["null","string"] |
a union in another order | ["string","null"] | ["null","string"] |
a union with one more | ["null","string","int"] | ["null","string"] |
a union with one less | ["null","string"] | ["null","string","int"] | MISSING_UNION_BRANCH /2
a union with two less | ["null"] | ["string","null","int"] | MISSING_UNION_BRANCH /0, MISSING_UNION_BRANCH /2
a union that promotes | ["null","double"] | ["null","int","long","float"] |
a union that demotes | ["null","int"] | ["null","long"] | MISSING_UNION_BRANCH /1
a union with an array of other items | ["null",{"type":"array","items":"int"}] | ["null",{"type":"array","items":"string"}] | MISSING_UNION_BRANCH /1
a union with a map that promotes | ["null",{"type":"map","values":"long"}] | ["null",{"type":"map","values":"int"}] |
a union with an enum that lacks a symbol | ["null",{"type":"enum","name":"E","symbols":["A"]}] | ["null",{"type":"enum","name":"E","symbols":["A","B"]}] | MISSING_UNION_BRANCH /1
a union with an enum with a default | ["null",{"type":"enum","name":"E","symbols":["A"],"default":"A"}] | ["null",{"type":"enum","name":"E","symbols":["A","B"]}] |
a union within a record within a union | ["null",{"type":"record","name":"R","fields":[{"name":"a","type":["null","int"]}]}] | ["null",{"type":"record","name":"R","fields":[{"name":"a","type":["null","string"]}]}] | MISSING_UNION_BRANCH /1

# Avro 1.12.0, Schema Resolution: what matches
a list reads itself | {"type":"record","name":"L","fields":[{"name":"value","type":"int"},{"name":"next","type":["null","L"]}]} | {"type":"record","name":"L","fields":[{"name":"value","type":"int"},{"name":"next","type":["null","L"]}]} |
a list whose values are promoted | {"type":"record","name":"L","fields":[{"name":"value","type":"long"},{"name":"next","type":["null","L"]}]} | {"type":"record","name":"L","fields":[{"name":"value","type":"int"},{"name":"next","type":["null","L"]}]} |
a list whose values do not fit | {"type":"record","name":"L","fields":[{"name":"value","type":"int"},{"name":"next","type":["null","L"]}]} | {"type":"record","name":"L","fields":[{"name":"value","type":"string"},{"name":"next","type":["null","L"]}]} | TYPE_MISMATCH /fields/0/type
a tree | {"type":"record","name":"T","fields":[{"name":"kids","type":{"type":"array","items":"T"}},{"name":"v","type":"int"}]} | {"type":"record","name":"T","fields":[{"name":"kids","type":{"type":"array","items":"T"}},{"name":"v","type":"string"}]} | TYPE_MISMATCH /fields/1/type

# Avro 1.12.0, Schema Resolution: records, a field that only the reader has
a list with a new field | {"type":"record","name":"L","fields":[{"name":"value","type":"int"},{"name":"next","type":["null","L"]},{"name":"more","type":"int","default":0}]} | {"type":"record","name":"L","fields":[{"name":"value","type":"int"},{"name":"next","type":["null","L"]}]} |

# Avro 1.12.0, Logical Types: what is not known is ignored
a timestamp reads a long | {"type":"long","logicalType":"timestamp-millis"} | "long" |
a long reads a timestamp | "long" | {"type":"long","logicalType":"timestamp-millis"} |
a timestamp reads an int | {"type":"long","logicalType":"timestamp-millis"} | "int" |
microseconds read milliseconds | {"type":"long","logicalType":"timestamp-micros"} | {"type":"long","logicalType":"timestamp-millis"} |
an unknown logical type | {"type":"string","logicalType":"colour"} | "string" |
a uuid reads a string | {"type":"string","logicalType":"uuid"} | "string" |
a decimal without precision is none | {"type":"bytes","logicalType":"decimal"} | {"type":"bytes","logicalType":"decimal","precision":4,"scale":2} |

# Avro 1.12.0, Decimal: scale and precision match
a decimal reads itself | {"type":"bytes","logicalType":"decimal","precision":9,"scale":2} | {"type":"bytes","logicalType":"decimal","precision":9,"scale":2} |
a decimal without a scale has scale 0 | {"type":"bytes","logicalType":"decimal","precision":9} | {"type":"bytes","logicalType":"decimal","precision":9,"scale":0} |
another scale | {"type":"bytes","logicalType":"decimal","precision":9,"scale":3} | {"type":"bytes","logicalType":"decimal","precision":9,"scale":2} | TYPE_MISMATCH /
another precision | {"type":"bytes","logicalType":"decimal","precision":10,"scale":2} | {"type":"bytes","logicalType":"decimal","precision":9,"scale":2} | TYPE_MISMATCH /
a decimal reads bytes | {"type":"bytes","logicalType":"decimal","precision":9,"scale":2} | "bytes" |
bytes read a decimal | "bytes" | {"type":"bytes","logicalType":"decimal","precision":9,"scale":2} |
another scale in a fixed | {"type":"fixed","name":"F","size":8,"logicalType":"decimal","precision":9,"scale":3} | {"type":"fixed","name":"F","size":8,"logicalType":"decimal","precision":9,"scale":2} | TYPE_MISMATCH /
another scale in a field | {"type":"record","name":"R","fields":[{"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":4}}]} | {"type":"record","name":"R","fields":[{"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}]} | TYPE_MISMATCH /fields/0/type
`

/** Promotions: a row per reader, a column per writer, both in the order of KINDS. `=` the same, `+` promoted, `-` does not fit. */
export const KINDS = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const
export const PROMOTIONS = `
  = - - - - - - -
  - = - - - - - -
  - - = - - - - -
  - - + = - - - -
  - - + + = - - -
  - - + + + = - -
  - - - - - - = +
  - - - - - - + =
`
