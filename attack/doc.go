// Command attack owns the attack suite that whoever runs the service can send against a deployment of their own: a table
// of attacks, each with the unmodified request as its twin, seen from outside through HTTP and raw sockets only.
// It must not know the service: it imports none of its packages, and what it knows of it is the documented contract.
package main
