// The rules for the contract that Redocly's configuration can't express.

const BOUNDS = {
  string: [['minLength', 'pattern', 'enum'], ['maxLength', 'enum']],
  integer: [['minimum', 'enum'], ['maximum', 'enum']],
  number: [['minimum', 'enum'], ['maximum', 'enum']],
  array: [['minItems'], ['maxItems']],
};

/** Keep the document free of `x-` keys, which only some programs understand. */
function noExtensions() {
  return {
    any: {
      enter(node, { report, location, type }) {
        if (type.name.includes('Example')) return;
        for (const key of Object.keys(node ?? {})) {
          if (key.startsWith('x-')) {
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
      for (const alternatives of BOUNDS[schema.type] ?? []) {
        if (!alternatives.some((keyword) => keyword in schema)) {
          report({ message: `A ${schema.type} needs ${alternatives[0]}.`, location });
        }
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
      'no-repetition': noRepetition,
    },
  },
});
