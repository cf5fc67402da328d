/** The label of every container of ours beside a cluster: the mesh that it belongs to. */
export const MESH_LABEL = 'meshproof.mesh';
