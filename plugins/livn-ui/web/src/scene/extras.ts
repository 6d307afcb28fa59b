// What is drawn beside the cells: the bounding box, electrodes, a cell's edges, and a ring around it.

import * as THREE from "three";
import type { Electrode, Point } from "../model";

export function boxLines([low, high]: readonly [Point, Point], color: string): THREE.LineSegments {
  const box = new THREE.Box3(new THREE.Vector3(...low), new THREE.Vector3(...high));
  const size = box.getSize(new THREE.Vector3());
  const geometry = new THREE.EdgesGeometry(new THREE.BoxGeometry(...size.toArray()));
  geometry.translate(...box.getCenter(new THREE.Vector3()).toArray());
  return new THREE.LineSegments(geometry, new THREE.LineBasicMaterial({ color, transparent: true, opacity: 0.5 }));
}

export function electrodePoints(electrodes: readonly Electrode[], color: string, ratio: number): THREE.Points {
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.Float32BufferAttribute(electrodes.flatMap((one) => one.place), 3));
  const material = new THREE.PointsMaterial({ color, size: (electrodes.length > 100 ? 6 : 9) * ratio, sizeAttenuation: false, transparent: true, opacity: 0.75 });
  // Hollow squares, so that cells behind them are seen.
  material.onBeforeCompile = (shader) => {
    shader.fragmentShader = shader.fragmentShader.replace(
      "#include <clipping_planes_fragment>",
      "vec2 at = abs(2.0 * gl_PointCoord - 1.0); if (max(at.x, at.y) < 0.62) discard;",
    );
  };
  return new THREE.Points(geometry, material);
}

/** Lines from one place to cells, each in the colour of its cell; the more of them, the fainter. */
export function edgeLines(from: Point, positions: Float32Array, others: readonly number[], colorAt: (index: number) => string): THREE.LineSegments {
  const ends = new Float32Array(6 * others.length);
  const colors = new Float32Array(6 * others.length);
  others.forEach((index, at) => {
    ends.set(from, 6 * at);
    ends.set(positions.subarray(3 * index, 3 * index + 3), 6 * at + 3);
    const color = new THREE.Color(colorAt(index)).toArray();
    colors.set(color, 6 * at);
    colors.set(color, 6 * at + 3);
  });
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.BufferAttribute(ends, 3));
  geometry.setAttribute("color", new THREE.BufferAttribute(colors, 3));
  const opacity = THREE.MathUtils.clamp(60 / Math.max(1, others.length), 0.15, 0.85);
  const material = new THREE.LineBasicMaterial({ vertexColors: true, transparent: true, opacity, depthTest: false });
  return new THREE.LineSegments(geometry, material);
}

export function ring(place: Point, color: string, ratio: number): THREE.Points {
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.Float32BufferAttribute(place, 3));
  const material = new THREE.PointsMaterial({ color, size: 26 * ratio, sizeAttenuation: false, depthTest: false, transparent: true });
  material.onBeforeCompile = (shader) => {
    shader.fragmentShader = shader.fragmentShader.replace(
      "#include <clipping_planes_fragment>",
      "float far = length(2.0 * gl_PointCoord - 1.0); if (far > 1.0 || far < 0.78) discard;",
    );
  };
  return new THREE.Points(geometry, material);
}

export function dispose(object: THREE.Object3D & { geometry?: THREE.BufferGeometry; material?: THREE.Material | THREE.Material[] }): void {
  object.removeFromParent();
  object.geometry?.dispose();
  for (const one of [object.material ?? []].flat()) one.dispose();
}
