// Fastify with pg, JSON schemas for what comes and what goes, and @fastify/jwt.
// As taught on https://fastify.dev/docs/latest/Guides/Getting-Started/ and in the plugins' READMEs.
import fastifyJwt from '@fastify/jwt'
import fastifyPostgres from '@fastify/postgres'
import Fastify from 'fastify'
import pg from 'pg'

import { createTask, getTask, listTasks, patchTask } from './schemas.js'

// The table's bigints are all safe in JavaScript: https://node-postgres.com/features/types
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

const COLUMNS = 'id, user_id, title, description, complete, version, created_at, updated_at'

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
    const tasks = rows.slice(0, limit)
    const next = rows.length > limit ? String(tasks.at(-1).id) : null
    return { tasks, count: tasks.length, next_cursor: next }
  })

  api.post('/', { schema: createTask }, async (request, reply) => {
    const { title, description } = request.body
    const { rows } = await fastify.pg.query(
      `INSERT INTO tasks (user_id, title, description) VALUES ($1, $2, $3) RETURNING ${COLUMNS}`,
      [request.params.user_id, title, description]
    )
    reply.code(201)
    return rows[0]
  })

  api.get('/:task_id', { schema: getTask }, async (request, reply) => {
    const { user_id: user, task_id: task } = request.params
    const { rows } = await fastify.pg.query(
      `SELECT ${COLUMNS} FROM tasks WHERE user_id = $1 AND id = $2`,
      [user, task]
    )
    return rows[0] ?? reply.callNotFound()
  })

  api.patch('/:task_id', { schema: patchTask }, async (request, reply) => {
    const { user_id: user, task_id: task } = request.params
    const { title, description, complete } = request.body
    const { rows } = await fastify.pg.query(
      `UPDATE tasks SET title = coalesce($3, title), complete = coalesce($4, complete),
         description = CASE WHEN $5 THEN $6 ELSE description END,
         version = version + 1, updated_at = now()
       WHERE user_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
      [user, task, title, complete, description !== undefined, description]
    )
    return rows[0] ?? reply.callNotFound()
  })
}, { prefix: '/api/:user_id/tasks' })

try {
  await fastify.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
} catch (err) {
  fastify.log.error(err)
  process.exit(1)
}
