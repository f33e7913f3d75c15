import { openConnection } from '../../../../local-daemon/store/file/open-connection.ts'

/* Opens a store, which brings it to the newest schema; says when it begins and when it is done. */

process.stdout.write('begins\n')
openConnection(process.argv[2] ?? '').close()
process.stdout.write('done\n')
