// Fastify with pg, JSON schemas for what comes and what goes, and @fastify/jwt.
// As taught on https://fastify.dev/docs/latest/Guides/Getting-Started/ and in the plugins' READMEs.
import fastifyJwt from '@fastify/jwt'
import fastifyPostgres from '@fastify/postgres'
import Fastify from 'fastify'
import pg from 'pg'

import { PRIORITIES, createTask, getTask, listTasks, patchTask } from './schemas.js'

// The table's bigints are all safe in JavaScript: https://node-postgres.com/features/types
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

const COLUMNS =
  'id, user_id, title, description, complete, version, created_at, updated_at, ' +
  'due_date, priority, tags, completed_at'

// Priorities are kept as numbers.
const task = (row) => ({ ...row, priority: PRIORITIES[row.priority] })

const fastify = Fastify({
  logger: true,
  ajv: { customOptions: { removeAdditional: false } } // an unknown property is an error
})

fastify.register(fastifyPostgres, { connectionString: process.env.DATABASE_URL, max: 16 })
fastify.register(fastifyJwt, {
  secret: process.env.JWT_SECRET_KEY,
  verify: { cache: process.env.TOKEN_CACHE === '1' }
})

fastify.decorate('authenticate', async (request, reply) => {
  await request.jwtVerify()
  if (request.user.user_id !== request.params.user_id) {
    return reply.code(403).send({ statusCode: 403, error: 'Forbidden', message: 'Not your tasks' })
  }
})

fastify.register(async (api) => {
  api.addHook('onRequest', fastify.authenticate)

  api.get('/', { schema: listTasks }, async (request) => {
    const { limit, cursor } = request.query
    const { rows } = await fastify.pg.query(
      `SELECT ${COLUMNS} FROM tasks
       WHERE user_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
      [request.params.user_id, cursor, limit + 1]
    )
    const tasks = rows.slice(0, limit).map(task)
    const next = rows.length > limit ? String(tasks.at(-1).id) : null
    return { tasks, count: tasks.length, next_cursor: next }
  })

  api.post('/', { schema: createTask }, async (request, reply) => {
    const { title, description, due_date: due, priority = 'none', tags = [] } = request.body
    const { rows } = await fastify.pg.query(
      `INSERT INTO tasks (user_id, title, description, due_date, priority, tags)
       VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${COLUMNS}`,
      [request.params.user_id, title, description, due, PRIORITIES.indexOf(priority), tags]
    )
    reply.code(201)
    return task(rows[0])
  })

  api.get('/:task_id', { schema: getTask }, async (request, reply) => {
    const { user_id: user, task_id: id } = request.params
    const { rows } = await fastify.pg.query(
      `SELECT ${COLUMNS} FROM tasks WHERE user_id = $1 AND id = $2`,
      [user, id]
    )
    return rows[0] ? task(rows[0]) : reply.callNotFound()
  })

  api.patch('/:task_id', { schema: patchTask }, async (request, reply) => {
    const { user_id: user, task_id: id } = request.params
    const { title, description, complete, due_date: due, priority, tags } = request.body
    const { rows } = await fastify.pg.query(
      `UPDATE tasks SET title = coalesce($3, title), complete = coalesce($4, complete),
         description = CASE WHEN $5 THEN $6 ELSE description END,
         due_date = CASE WHEN $7 THEN $8 ELSE due_date END,
         priority = coalesce($9, priority), tags = coalesce($10, tags),
         completed_at = CASE WHEN coalesce($4, complete) = complete THEN completed_at
           WHEN $4 THEN now() END,
         version = version + 1, updated_at = now()
       WHERE user_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
      [
        user, id, title, complete, description !== undefined, description,
        due !== undefined, due, priority && PRIORITIES.indexOf(priority), tags
      ]
    )
    return rows[0] ? task(rows[0]) : reply.callNotFound()
  })
}, { prefix: '/api/:user_id/tasks' })

try {
  await fastify.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
} catch (err) {
  fastify.log.error(err)
  process.exit(1)
}
