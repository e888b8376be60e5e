/* A clock for LD_PRELOAD: the first call gives the second in CLOCK, each
 * further one the next second. */
#include <stdlib.h>
#include <time.h>

time_t time(time_t *to)
{
	static time_t next;
	time_t now;

	if (!next)
		next = atol(getenv("CLOCK"));
	now = next++;
	if (to)
		*to = now;
	return now;
}
