/**
 * The factory VM: its plan, its disks, the machine on libvirt or QEMU, and the steps in it. Start with {@link
 * common.vm.FactoryVm}, the steps, and {@link common.vm.VirtualMachine}, the machine they run on. It may use {@code
 * cli}, {@code oci}, {@code disk}, {@code http}, {@code inventory} and {@code ignition}.
 */
package common.vm;
