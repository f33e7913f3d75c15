import Database from 'better-sqlite3'

/* Holds the write lock of a database until its input ends; says so once it has it. */

const database = new Database(process.argv[2] ?? '')
database.exec(process.argv[3] ?? 'BEGIN IMMEDIATE')
process.stdout.write('locked\n')
process.stdin.resume()
process.stdin.once('end', () => {
  database.exec('ROLLBACK')
  database.close()
})
