#!/bin/bash
# What makes Debian's Ignition in the initramfs behave as in CoreOS: user core, live boots, failures that end.
check() { return 255; }

depends() { echo ignition; }

install() {
    inst_simple "$moddir/base.ign" /usr/lib/ignition/base.d/00-core.ign
    inst_script "$moddir/setfiles" /usr/sbin/setfiles
    inst_script "$moddir/is-live-image" /usr/bin/is-live-image
    inst_script "$moddir/live-root" /usr/sbin/live-root
    inst_simple "$moddir/live-root.service" "$systemdsystemunitdir/live-root.service"
    inst_script "$moddir/live-generator" "$systemdutildir/system-generators/live-generator"
    inst_hook cmdline 10 "$moddir/live-cmdline.sh"
    inst_script "$moddir/emergency" /usr/sbin/lab-node-emergency
    inst_simple "$moddir/emergency.service" /etc/systemd/system/emergency.service
    inst_simple "$moddir/emergency.service" /etc/systemd/system/dracut-emergency.service
    inst_multiple cp losetup mkdir modprobe mount sleep tr grep journalctl systemctl \
        chroot groupadd useradd usermod udevadm lsblk blkid sgdisk mkfs.xfs mkfs.ext4
}
