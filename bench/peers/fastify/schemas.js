// https://fastify.dev/docs/latest/Reference/Validation-and-Serialization/
const id = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }
const title = { type: 'string', minLength: 1, maxLength: 200 }
const description = { type: 'string', nullable: true, maxLength: 1000 }
const complete = { type: 'boolean' }
const due_date = {
  type: 'string',
  nullable: true,
  pattern:
    '^(([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)' +
    '-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)' +
    '|([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)-02-29)' +
    '(T([01][0-9]|2[0-3]):[0-5][0-9])?$'
}
export const PRIORITIES = ['none', 'low', 'medium', 'high', 'urgent']
const priority = { type: 'string', enum: PRIORITIES }
const tags = {
  type: 'array',
  maxItems: 20,
  uniqueItems: true,
  items: { type: 'string', minLength: 1, maxLength: 50 }
}

const user = { type: 'object', properties: { user_id: { type: 'string' } } }
const item = { type: 'object', properties: { user_id: { type: 'string' }, task_id: id } }

const task = {
  type: 'object',
  required: [
    'id', 'user_id', 'title', 'description', 'complete', 'version', 'created_at', 'updated_at',
    'due_date', 'priority', 'tags', 'completed_at'
  ],
  properties: {
    id,
    user_id: { type: 'string' },
    title,
    description,
    complete,
    version: { type: 'integer' },
    created_at: { type: 'string', format: 'date-time' },
    updated_at: { type: 'string', format: 'date-time' },
    due_date: { type: 'string', nullable: true },
    priority: { type: 'string' },
    tags: { type: 'array', items: { type: 'string' } },
    completed_at: { type: 'string', format: 'date-time', nullable: true }
  }
}

export const listTasks = {
  params: user,
  querystring: {
    type: 'object',
    properties: {
      limit: { type: 'integer', minimum: 1, maximum: 1000, default: 1000 },
      cursor: id
    }
  },
  response: {
    200: {
      type: 'object',
      required: ['tasks', 'count', 'next_cursor'],
      properties: {
        tasks: { type: 'array', items: task },
        count: { type: 'integer' },
        next_cursor: { type: 'string', nullable: true }
      }
    }
  }
}

export const createTask = {
  params: user,
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['title'],
    properties: { title, description, due_date, priority, tags }
  },
  response: { 201: task }
}

export const getTask = { params: item, response: { 200: task } }

export const patchTask = {
  params: item,
  body: {
    type: 'object',
    additionalProperties: false,
    minProperties: 1,
    properties: { title, description, complete, due_date, priority, tags }
  },
  response: { 200: task }
}
