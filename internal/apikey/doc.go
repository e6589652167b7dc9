// Package apikey owns the keys that users give to their programs: form, scopes, making, proving and revoking them.
// It must not know HTTP, SQL or where settings come from.
//
// # The form of a key
//
//	lk_ 7KXQ2M5TJH4A 3ZQ6PV5W2YJ7RTKD4NEHM5XQ2A 4QW2LMA
//	    lookup       secret                     checksum
//
// without the spaces: 48 characters. All three parts are in the alphabet of base32 (RFC 4648 section 6), A to Z and 2 to 7.
// The lookup has 60 random bits and finds the row; it may be shown. The secret has 130. The checksum is the CRC-32 of
// everything before it, so that a typing error or a look-alike is told without the database, and a scanner of source code
// that finds lk_[A-Z2-7]{45} can be sure. The database keeps the SHA-256 of the whole: with so much chance in it nothing
// slower is needed (NIST SP 800-63B-4 section 3.1.2.2).
//
// # Guessing
//
// A guess with a wrong checksum costs nothing and counts for nothing. Any other is counted by its address and recorded, and
// once there were too many it is answered so. The right key is let in at any time, whatever others at its address do:
// no number of guesses comes near 130 bits, and the count is there to keep a flood of them out of the records.
package apikey
