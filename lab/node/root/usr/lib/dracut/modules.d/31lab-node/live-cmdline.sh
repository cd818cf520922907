#!/bin/sh
# A live boot has no root= argument; without one dracut would give up.
if getargbool 0 lab.live; then root=live rootok=1; fi
