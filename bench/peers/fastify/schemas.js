// https://fastify.dev/docs/latest/Reference/Validation-and-Serialization/
const id = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }
const title = { type: 'string', minLength: 1, maxLength: 200 }
const description = { type: 'string', nullable: true, maxLength: 1000 }
const complete = { type: 'boolean' }

const user = { type: 'object', properties: { user_id: { type: 'string' } } }
const item = { type: 'object', properties: { user_id: { type: 'string' }, task_id: id } }

const task = {
  type: 'object',
  required: [
    'id', 'user_id', 'title', 'description', 'complete', 'version', 'created_at', 'updated_at'
  ],
  properties: {
    id,
    user_id: { type: 'string' },
    title,
    description,
    complete,
    version: { type: 'integer' },
    created_at: { type: 'string', format: 'date-time' },
    updated_at: { type: 'string', format: 'date-time' }
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
    properties: { title, description }
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
    properties: { title, description, complete }
  },
  response: { 200: task }
}
