// The rules for the contract that Redocly's configuration can't express.

const BOUNDS = {
  string: [['minLength', 'pattern', 'enum'], ['maxLength', 'enum']],
  integer: [['minimum', 'enum'], ['maximum', 'enum']],
  number: [['minimum', 'enum'], ['maximum', 'enum']],
  array: [['minItems'], ['maxItems']],
};

/** What has a length of its own; generators of examples can't meet another beside it. */
const BOUNDED_FORMATS = ['date', 'date-time', 'uuid'];

/** Names the members of an enum, which generators would make from values such as `-created_at`. */
const KNOWN_EXTENSION = 'x-enum-varnames';

/** Keep the document free of `x-` keys but one, as only some programs understand them. */
function noExtensions() {
  return {
    any: {
      enter(node, { report, location, type }) {
        if (type.name.includes('Example')) return;
        for (const key of Object.keys(node ?? {})) {
          if (key.startsWith('x-') && key !== KNOWN_EXTENSION) {
            report({ message: `${key} is no part of OpenAPI.`, location: location.child(key).key() });
          }
        }
      },
    },
  };
}

/** Ask for a description and an example of each property. */
function propertiesDescribed() {
  return {
    SchemaProperties(properties, { report, location, resolve }) {
      for (const [name, property] of Object.entries(properties)) {
        const { node } = resolve(property);
        for (const key of ['description', 'example']) {
          if (node?.[key] === undefined) {
            report({ message: `${name} has no ${key}.`, location: location.child(name).key() });
          }
        }
      }
    },
  };
}

/** Ask for the least and the greatest of whatever has a size. */
function valuesBounded() {
  return {
    Schema(schema, { report, location }) {
      if (BOUNDED_FORMATS.includes(schema.format)) return;
      for (const alternatives of BOUNDS[schema.type] ?? []) {
        if (!alternatives.some((keyword) => keyword in schema)) {
          report({ message: `A ${schema.type} needs ${alternatives[0]}.`, location });
        }
      }
    },
  };
}

/** Ask for one name of each member of an enum, where there are names. */
function membersNamed() {
  return {
    Schema(schema, { report, location }) {
      const names = schema[KNOWN_EXTENSION];
      if (names && new Set(names).size !== schema.enum?.length) {
        report({ message: `${KNOWN_EXTENSION} names each value once.`, location: location.child(KNOWN_EXTENSION) });
      }
    },
  };
}

/** Find what is written out twice instead of being a component. */
function noRepetition() {
  const seen = new Map();
  function enter(node, { report, location, type }) {
    const text = `${type.name} ${JSON.stringify(node)}`;
    const first = seen.get(text) ?? location.pointer;
    seen.set(text, first);
    if (first !== location.pointer && node.description) {
      report({ message: `This is the same as ${first}: make it a component.`, location });
    }
  }
  return { Parameter: { enter }, Header: { enter }, Response: { enter }, Schema: { enter }, Example: { enter } };
}

export default () => ({
  id: 'contract',
  rules: {
    oas3: {
      'no-extensions': noExtensions,
      'properties-described': propertiesDescribed,
      'values-bounded': valuesBounded,
      'members-named': membersNamed,
      'no-repetition': noRepetition,
    },
  },
});
