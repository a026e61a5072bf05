// Package killtest holds the proof of the promise that every fact is counted
// once: a whole exporter, from the helpdesk's API to the ledger, is killed at
// random instants, hundreds of times, and in the end its numbers are exactly
// those of one that was left in peace. The same way it shows that kills forget no
// alert, and notify nobody twice. It has tests only.
package killtest
