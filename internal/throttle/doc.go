// Package throttle owns how often a key may be tried: the arithmetic, the keys, and the policy for sign-in and registration.
// It must not know HTTP, SQL, users, passwords, or how a browser proves that it is known.
//
// # Counting
//
// Each bucket keeps one time (GCRA, the generic cell rate algorithm). A Rate of Burst tries per Period allows Burst
// tries at once and gives one back each Period/Burst; so any span of length W sees at most Burst + W/(Period/Burst)
// tries. The window slides, there is no moment at which everything is forgotten, and nothing is lost by a restart. Only
// what is allowed is counted: hammering on a closed door does not keep it closed.
//
// A try is taken before the password is checked, from all of its buckets or from none, and given back when the password
// was right or was never checked. So no burst, on however many nodes, gets more checks than there are tries.
//
// # Sign-in
//
// The policy has to stop guessing at one account from any number of addresses (ASVS 6.3.1; NIST SP 800-63B-4 section
// 3.2.2: at most 100 failures in a row), and must not let whoever guesses shut the owner out (ASVS 6.1.1). A try by a
// browser that does not prove that it signed in to the account before takes one try from each of
//
//	Address         one address, whatever the account
//	AccountAddress  one account from one address
//	Account         one account from everywhere
//
// and when that is refused, one from each of Address, AccountAddress and
//
//	Newcomer        one account from one network: its share of the Reserve
//	Reserve         one account from everywhere
//
// A browser that does prove it, a known device, takes from one bucket that no stranger can reach:
//
//	Device          the known devices of one account
//
// With the rates of Defaults:
//
//   - One address gets 10 checks at once and one more each 6 minutes, until 16 from Account and 2 from Reserve are used
//     up.
//   - Strangers get at most 16+24h/90m = 32 checks from Account and 20+24h/30m = 68 from Reserve: 100 at one account in
//     any 24 hours, from however many addresses, and 36 at once. Successes in between do not reset that: they give back
//     their own try only. Settings.Validate refuses rates that add up to more.
//   - With the known devices at most 58 in any hour.
//   - The owner on a known device is never made to wait by strangers: after ten mistakes of his own he waits 6 minutes.
//   - The owner at a new address is let in at once while those who guess use at most 9 networks: each of them gets 2 of
//     the 20 tries of Reserve, however long it goes on (2 in the first moment, one more each 12 hours, while 24 come
//     back in that time). Beyond that he competes with them for one try each 30 minutes; nothing that looks at
//     addresses alone can do better against somebody who has any number of them. A known device, or a session that is
//     still open, is not touched by any of this.
//
// Accounts that do not exist have the same buckets, so that a refusal says nothing about existence (ASVS 6.3.8). A
// right password while the door is closed is answered as a wrong one: it is not looked at.
//
// When a password was right, the buckets of its device, or of its account and address, are emptied; the shared ones get
// back the one try.
//
// # Many right passwords at once
//
// Tries that are still being checked look like failures: with ten tries, the eleventh of twenty right passwords at once
// would be refused. So who is refused while this node is checking other tries at the same account waits for those, at
// most 3 seconds and at most 32 of them, and is asked again once one has been given back.
//
// # Clocks
//
// A clock that is set back finds stored times which it could not have written. Up to a minute is taken as the
// difference between two nodes; beyond that the bucket counts as having one try left. No bucket, whatever it holds,
// makes anybody wait for longer than its Period. A clock that is set forward gives tries back early.
package throttle
